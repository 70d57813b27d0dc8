"""The public interface: what a script, a notebook and the command line call."""
