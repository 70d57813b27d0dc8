"""Recognising activities with a bundle: in live streams and in files, by one and the same way."""

from crosswear.deploy.recognise.recognizer import Event, Recognizer, recognise

__all__ = ["Event", "Recognizer", "recognise"]
