// The keyboard reaches wide tables, and the search has a name.
for (const table of document.querySelectorAll(".md-typeset table:not([class])")) table.tabIndex = 0;
document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
