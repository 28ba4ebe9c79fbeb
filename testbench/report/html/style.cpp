#include "testbench/report/html/page.h"

namespace pade::html {

// Colours after Okabe and Ito, which people of every colour vision can tell apart, a little quieter.
const char* style_sheet() {
    return R"css(
:root{--paper:#fdfdfb;--ink:#22262b;--soft:#646b73;--rule:#dcdedd;--idle:#eceeec;--work:#2a6f97;--part:#8fbfdb;
--turn:#a974b0;--room:#c8553d;--wait:#e0a030;--input:#7d9a6a;--kept:#14495f;--on:#ffffff;--ondark:#22262b}
@media (prefers-color-scheme:dark){:root{--paper:#16191c;--ink:#e4e6e8;--soft:#9aa2aa;--rule:#343a40;--idle:#24292d;
--work:#4f9cc9;--part:#2f5a74;--turn:#b98ac2;--room:#dd7158;--wait:#d9a441;--input:#8fae7a;--kept:#8fd0ee;--on:#101214;
--ondark:#101214}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",
Arial,"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
header,main,footer{max-width:1088px;margin:0 auto;padding:0 24px}
header{padding-top:36px}
h1,h2,.kind{font-family:Charter,"Bitstream Charter","Iowan Old Style",Georgia,"DejaVu Serif",serif;font-weight:600}
.kind{margin:0;color:var(--soft);font-size:15px;font-style:italic;font-weight:400}
h1{font-size:31px;line-height:1.2;margin:2px 0 10px;overflow-wrap:anywhere}
h2{font-size:21px;margin:0 0 2px;overflow-wrap:anywhere}
h3{font-size:13px;font-weight:600;margin:0 0 8px}
nav{border-top:1px solid var(--rule);border-bottom:1px solid var(--rule);padding:7px 0;font-size:13.5px}
nav a{color:var(--soft);text-decoration:none;margin-right:18px}
nav a:hover{color:var(--ink);text-decoration:underline}
section{margin:52px 0 0;padding-top:18px;border-top:1px solid var(--rule)}
.lead{color:var(--soft);max-width:46em;margin:0 0 16px}
.job{font-size:17px;margin:18px 0 2px}
.note,.hint,.none,.origin{color:var(--soft);font-size:13px;margin:4px 0}
.note{border-left:3px solid var(--wait);padding-left:9px}
.origin{margin-top:18px;overflow-wrap:anywhere}
.hint{margin:-6px 0 8px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:1px;margin:18px 0 26px;background:var(--rule);
border:1px solid var(--rule)}
.tiles div{background:var(--paper);padding:11px 13px}
.tiles dt{color:var(--soft);font-size:12.5px}
.tiles dd{margin:1px 0 0;font-size:23px;line-height:1.25}
.tiles p{margin:2px 0 0;color:var(--soft);font-size:12.5px}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(430px,1fr));gap:26px 40px}
.pair .columns{grid-template-columns:1fr}
.checks,.limits,.bounds{list-style:none;margin:0;padding:0;font-size:14px}
.checks li,.bounds li{padding:3px 0}
.checks b{display:inline-block;width:1.3em}
.checks span,.limits span,small{color:var(--soft);font-size:13px}
.checks .held b{color:var(--work)}
.checks .failed,.checks .failed span{color:var(--room);font-weight:600}
.checks .not-run{color:var(--soft)}
.limits li{padding:3px 0 8px}
.limits span{display:block}
.limits b{display:inline-block;min-width:3em}
.meter{display:inline-block;width:120px;height:7px;background:var(--idle);vertical-align:middle;margin:0 8px}
.meter i{display:block;height:100%;background:var(--work)}
.limits .meter i{background:var(--room)}
.bounds li{display:grid;grid-template-columns:64px 140px 64px 1fr;align-items:center}
code{font:0.92em ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
table{border-collapse:collapse;font-size:13.5px;margin:0 0 20px}
caption{text-align:left;font-weight:600;font-size:13px;padding-bottom:6px}
th,td{text-align:left;padding:3px 18px 3px 0;border-bottom:1px solid var(--rule);font-weight:400;overflow-wrap:anywhere}
th{overflow-wrap:normal;white-space:nowrap}
thead th{color:var(--soft);font-size:12.5px}
.figures{width:100%;max-width:800px}
.figures th:first-child{width:300px}
.figures td{text-align:right}
.figures thead th+th{text-align:right}
.figures th:last-child,.figures td:last-child{text-align:center}
.tables{display:flex;flex-wrap:wrap;gap:0 48px}
.change{display:inline-block;position:relative;width:120px;height:9px;background:linear-gradient(var(--soft),var(--soft)) center/1px
 100% no-repeat}
.change i{position:absolute;top:0;height:100%}
.change.up i{left:50%;background:var(--room)}
.change.down i{right:50%;background:var(--work)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:28px 16px;align-items:start}
.pair>*,.columns>*{min-width:0}
.triple{display:flex;gap:10px;justify-content:space-between}
.triple svg{flex:1 1 0;min-width:0}
figure{margin:14px 0 0}
figure svg,.triple svg{max-width:100%;height:auto;display:block}
figcaption{color:var(--soft);font-size:13px;margin-top:6px;max-width:60em}
.legend{display:flex;flex-wrap:wrap;gap:3px 18px;font-size:12.5px;color:var(--soft);margin-top:8px}
.legend span{display:inline-flex;align-items:center;gap:6px}
.legend svg{display:inline-block;flex:none}
.defs{position:absolute}
svg text{fill:var(--ink);font-size:12.5px}
svg .axis{fill:var(--soft);font-size:11.5px}
svg .small{font-size:11px}
svg .strong{font-weight:600}
.start{text-anchor:start}.middle{text-anchor:middle}.end{text-anchor:end}
svg .on-work,svg .on-turn,svg .on-room{fill:var(--on)}
svg .on-wait,svg .on-input,svg .on-part{fill:var(--ondark)}
@media (prefers-color-scheme:dark){svg .on-part{fill:var(--ink)}}
.work{fill:var(--work)}.part{fill:var(--part)}.turn{fill:var(--turn)}.room{fill:var(--room)}.wait{fill:var(--wait)}
.input{fill:var(--input)}.idle{fill:var(--idle)}.kept{fill:var(--kept)}.paper{fill:var(--paper)}.ink{fill:var(--ink)}
.hatching{fill:var(--rule)}
.masked{fill:url(#hatch)}
.rule{stroke:var(--rule);stroke-width:1;shape-rendering:crispEdges}
.limit{stroke:var(--room);stroke-width:1;stroke-dasharray:5 4}
.curve{fill:none;stroke:var(--work);stroke-width:1.5;stroke-linejoin:round}
.whisker{stroke:var(--ink);stroke-width:1}
.bracket{stroke:var(--soft);stroke-width:1}
footer{margin-top:56px;padding-bottom:36px;color:var(--soft);font-size:12.5px}
footer p{margin:0;padding-top:12px;border-top:1px solid var(--rule)}
article h2{margin-top:22px}
@media (max-width:560px){.columns,.pair{grid-template-columns:1fr}header,main,footer{padding-left:14px;padding-right:14px}}
@media (max-width:700px){figure{overflow-x:auto}figure>svg{max-width:none}.triple{flex-direction:column}
.triple svg{flex:none}table{display:block;overflow-x:auto}}
@media print{section{break-inside:avoid}nav{display:none}}
)css";
}

}  // namespace pade::html
