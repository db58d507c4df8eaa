"""A picture as a page that needs nothing else: the SVG, and a field that leaves the hosts that one looks for."""

from __future__ import annotations

from html import escape

from netc.graph import svg
from netc.graph.picture import Picture

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ margin: 0; font: 14px system-ui, sans-serif }}
header {{ position: sticky; top: 0; padding: .6em 1em; background: Canvas; border-bottom: 1px solid GrayText }}
h1 {{ display: inline; font-size: 1.1em; margin-right: 1em }}
main {{ overflow: auto; padding: 1em }}
.away {{ opacity: .12 }}
</style>
</head>
<body>
<header><h1>{title}</h1>
<label>find <input id="find" type="search" placeholder="host, network, bridge" autocomplete="off"></label>
<label>size <input id="size" type="range" min="20" max="200" value="100"></label> <output id="count"></output></header>
<main>
{picture}</main>
<script>
const hosts = [...document.querySelectorAll(".of-host")], picture = document.querySelector("svg");
const width = picture.width.baseVal.value, height = picture.height.baseVal.value;
document.getElementById("find").addEventListener("input", event => {{
  const words = event.target.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let found = 0, first = null;
  for (const host of hosts) {{
    const has = words.every(word => host.dataset.words.includes(word));
    host.classList.toggle("away", !has);
    if (has) {{ found += 1; first = first || host; }}
  }}
  document.getElementById("count").textContent = words.length ? `${{found}} of ${{hosts.length}}` : "";
  if (words.length && first) first.scrollIntoView({{ block: "center", inline: "center" }});
}});
document.getElementById("size").addEventListener("input", event => {{
  picture.setAttribute("width", width * event.target.value / 100);
  picture.setAttribute("height", height * event.target.value / 100);
}});
</script>
</body>
</html>
"""


def write(picture: Picture) -> str:
    """The document, ending in a line end."""
    return _PAGE.format(title=escape(picture.title), picture=svg.write(picture))
