import { MONO, paletteVariables, SANS, systemVariables } from "./palette.ts";

/** The page's only style sheet. Sizes and distances are those of the project's visual language. */
export function pageStyle(): string {
  return `${paletteVariables()}
*{box-sizing:border-box}
html{background:var(--bg)}
body{margin:0 auto;max-width:1400px;padding:28px 48px 56px;background:var(--bg);color:var(--ink);font:14px/1.5 ${SANS};font-variant-numeric:tabular-nums;-webkit-font-smoothing:antialiased}
a{color:inherit;text-decoration:none}
a:focus-visible,button:focus-visible,.stage:focus-visible{outline:2px solid var(--lead);outline-offset:3px}
.run{display:flex;justify-content:space-between;gap:24px;color:var(--ink2);font-size:13px}
.run span:first-child{white-space:nowrap}
.run b{color:var(--ink);font-weight:600}
.run i{color:var(--rule2);margin:0 8px;font-style:normal}
.top{display:grid;grid-template-columns:minmax(0,1fr) 336px;gap:64px;margin-top:30px}
h1{font-size:32px;line-height:1.2;font-weight:650;letter-spacing:-.018em;margin:0;display:flex;align-items:center;gap:14px}
h1 svg{flex:none}
.lede{font-size:17px;line-height:1.5;color:var(--ink2);margin:8px 0 0;max-width:46em;text-wrap:pretty}
h2{font-size:13px;font-weight:600;margin:0;white-space:nowrap}
.sec{margin-top:36px}
.sec>header{display:flex;align-items:baseline;gap:14px;margin-bottom:10px}
.sec>header p{margin:0;color:var(--ink2);font-size:13px}
.sec>header .r{margin-left:auto;color:var(--ink3);font-size:12px;white-space:nowrap}
ol.story{list-style:none;margin:22px 0 0;padding:0}
ol.story a{display:grid;grid-template-columns:30px 80px 96px 1fr;align-items:baseline;padding:5px 0;font-size:15px;line-height:1.45}
ol.story a:hover .s{text-decoration:underline;text-decoration-color:var(--rule2);text-underline-offset:3px}
ol.story .n{width:19px;height:19px;border:1.25px solid var(--ink2);border-radius:50%;font-size:11px;font-weight:600;line-height:16.5px;text-align:center;align-self:start;margin-top:2px}
ol.story .t{text-align:right;font-weight:550;white-space:nowrap}
ol.story .d{text-align:right;padding-right:26px;color:var(--ink3);font-size:13px;white-space:nowrap}
ol.story .lim{color:var(--ink3);font-size:13px;white-space:nowrap;margin-left:9px}
ol.story .bad .n{background:var(--badtext);border-color:var(--badtext);color:var(--bg)}
ol.story .bad .t,ol.story .bad .s{color:var(--badtext);font-weight:600}
dl.facts{margin:6px 0 0;display:grid;grid-template-columns:auto 1fr;font-size:13px;border-top:1px solid var(--rule)}
dl.facts dt{color:var(--ink2);padding:5px 16px 5px 0;border-bottom:1px solid var(--rule)}
dl.facts dd{margin:0;text-align:right;padding:5px 0;border-bottom:1px solid var(--rule);overflow-wrap:anywhere}
dl.facts small{color:var(--ink3);font-size:12px}
dl.figures{margin:22px 0 0;display:grid;grid-template-columns:max-content 1fr;column-gap:28px;font-size:14px}
dl.figures dt{color:var(--ink2);padding:3px 0}
dl.figures dd{margin:0;padding:3px 0;font-weight:600}
dl.figures dd.bad{color:var(--badtext)}
.replay{margin-top:16px;font-size:12px;color:var(--ink2)}
.replay div{display:flex;justify-content:space-between}
.replay button{all:unset;cursor:pointer;text-decoration:underline;text-underline-offset:3px;text-decoration-color:var(--rule2)}
.replay code{display:block;white-space:pre-wrap;overflow-wrap:anywhere;margin-top:5px;font:11.5px/1.55 ${MONO};background:var(--panel);color:var(--ink);padding:8px 10px;border-radius:4px}
.option{white-space:nowrap}
.rules{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));column-gap:36px;font-size:13px}
.rules div{display:flex;gap:9px;padding:3.5px 0;border-bottom:1px solid var(--rule);align-items:baseline}
.rules .v{width:10px;flex:none}
.rules .c{margin-left:auto;color:var(--ink3);font-size:12px;text-align:right}
.idle{margin-top:10px;font-size:13px;color:var(--ink3)}
.idle summary,.more summary{cursor:pointer}
.more{margin-top:6px;font-size:14px;color:var(--ink2)}
.more .story{margin-top:6px;color:var(--ink)}
.idle ul{margin:8px 0 0;padding:0;list-style:none;columns:2;column-gap:36px}
.idle li{padding:2px 0;break-inside:avoid}
.rules .bad span{color:var(--badtext);font-weight:600}
.card{border-left:3px solid var(--bad);padding:2px 0 2px 22px;margin-bottom:24px}
.card h3{margin:0;font-size:18px;font-weight:650;letter-spacing:-.008em}
.card dl{display:grid;grid-template-columns:90px 1fr;margin:10px 0 0;font-size:14px;row-gap:3px}
.card dt{color:var(--ink2)}
.card dd{margin:0}
.whys{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr);gap:40px;margin-top:18px}
.card h4{font-size:13px;font-weight:600;margin:0 0 8px}
.card h4 small{font-weight:400;font-size:12px;color:var(--ink2);margin-left:8px}
.whylist td{padding:4px 10px 4px 0;vertical-align:baseline;overflow-wrap:anywhere}
.whylist .n,.whylist .t{color:var(--ink2);white-space:nowrap}
.whylist .t{text-align:right}
.whylist td:nth-child(3){white-space:nowrap}
.whylist .gap td{color:var(--ink3);font-size:12px;padding:2px 0}
.whylist .bad td{color:var(--badtext);font-weight:600}
.card details{margin-top:10px;font-size:13px;color:var(--ink2)}
.card summary{cursor:pointer}
.why{width:100%;height:auto}
.why .wl{stroke:var(--rule2);fill:none}
.why .wn{font-size:12.5px;font-weight:650;fill:var(--ink)}
.why .ws{font-size:11px;fill:var(--ink2)}
.why .we{stroke:var(--ink2);fill:none;stroke-width:1.2}
.why .wh{fill:var(--ink2)}
.why .wx{stroke:var(--ink);stroke-width:1.6;fill:none}
.why .wm{stroke:var(--ink3);fill:none;stroke-dasharray:2 3}
.why .wd{fill:var(--bg);stroke:var(--ink2);stroke-width:1.25}
.why .wd.bad{fill:var(--badtext);stroke:var(--badtext)}
.why .wt{font-size:11px;font-weight:600;fill:var(--ink)}
.why .wt.bad{fill:var(--bg)}
svg{display:block}
.whole{position:relative}
.whole svg{width:100%;height:auto}
.frame{position:absolute;border:1.5px solid var(--ink);border-radius:2px;cursor:grab;min-width:6px;touch-action:none}
.frame i{position:absolute;bottom:26px;width:5px;height:26px;background:var(--bg);border:1.25px solid var(--ink);border-radius:2px;cursor:ew-resize}
.frame .a{left:-3px}
.frame .b{right:-3px}
.stage{position:relative;cursor:crosshair;touch-action:pan-y;outline:none}
.stage canvas{display:block;width:100%}
.says{margin:2px 0 0;min-height:21px;font-size:13px;color:var(--ink2)}
table{border-collapse:collapse;width:100%;font-size:13px}
th{font-weight:500;color:var(--ink2);text-align:left;font-size:12px;padding:0 12px 6px 0;border-bottom:1px solid var(--rule2);white-space:nowrap}
td{padding:5.5px 12px 5.5px 0;border-bottom:1px solid var(--rule)}
th.num,td.num{text-align:right;padding-right:28px}
td.bad{color:var(--badtext);font-weight:600}
.dim{color:var(--ink3)}
td b{unicode-bidi:isolate;display:inline-block;max-width:26em;max-height:4.5em;overflow:hidden;overflow-wrap:anywhere;vertical-align:top}
h1 span,.lede,ol.story .s,.card h3,.card dd{overflow-wrap:anywhere}
.tag{display:inline-block;min-width:17px;text-align:center;font-size:11px;font-weight:650;border-radius:2px;padding:0 4px;margin-right:7px;line-height:17px;background:var(--fol);color:var(--onfol)}
.tag.leader{background:var(--lead);color:var(--onlead)}
.tag.candidate{background:var(--cand);color:var(--oncand)}
.tag.pre-candidate{background:var(--bg);color:var(--candtext);box-shadow:inset 0 0 0 1px var(--cand)}
.tag.plain{background:var(--bg);box-shadow:inset 0 0 0 1px var(--rule2)}
kbd{font:11px ${SANS};border:1px solid var(--rule2);border-radius:3px;padding:0 5px;color:var(--ink2);line-height:17px;display:inline-block}
.keys{margin-top:34px;padding-top:12px;border-top:1px solid var(--rule);color:var(--ink2);font-size:12px;display:flex;gap:8px 22px;flex-wrap:wrap}
.bar{display:flex;flex-wrap:wrap;gap:4px 16px;align-items:baseline;margin:6px 0 4px;font-size:12px;color:var(--ink2)}
.bar button,dialog button{all:unset;cursor:pointer;color:var(--ink);text-decoration:underline;text-underline-offset:3px;text-decoration-color:var(--rule2)}
.bar button:focus-visible,.replay button:focus-visible,dialog button:focus-visible,input:focus-visible,summary:focus-visible{outline:2px solid var(--lead);outline-offset:2px}
.bar #play{min-width:34px}
.save summary{cursor:pointer;color:var(--ink)}
.save[open]{flex-basis:100%;order:1;border-top:1px solid var(--rule);border-bottom:1px solid var(--rule);padding:7px 0 10px;margin-top:4px}
.save ul{list-style:none;margin:6px 0 10px;padding:0;display:flex;flex-wrap:wrap;gap:4px 24px}
.save small{color:var(--ink3);font-size:11.5px}
.save p{margin:0}
.save dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 16px;margin:4px 0 0}
.save dd{margin:0}
.save code{font:11.5px/1.55 ${MONO};color:var(--ink);overflow-wrap:anywhere;margin-right:10px}
input{font:12.5px ${MONO};color:var(--ink);background:var(--bg);border:1px solid var(--rule2);border-radius:3px;padding:3px 7px}
.ask{display:flex;gap:18px;align-items:baseline;margin-bottom:8px}
.ask input{width:min(420px,60vw);padding:6px 10px}
.ask p{margin:0;font-size:13px;color:var(--ink2)}
#found{margin-bottom:8px}
#found td{white-space:nowrap;max-width:520px;overflow:hidden;text-overflow:ellipsis;padding:3.5px 12px 3.5px 0}
#found tr.at td{background:var(--panel)}
#found a,.whylist a{text-decoration:underline;text-underline-offset:3px;text-decoration-color:var(--rule2)}
.scroll{max-height:420px;overflow:auto}
dialog{border:1px solid var(--rule2);border-radius:4px;background:var(--bg);color:var(--ink);padding:22px 28px;max-width:820px;font-size:13px}
dialog::backdrop{background:var(--bg);opacity:.7}
dialog .all{columns:2;column-gap:36px;margin:8px 0 18px}
dialog .all span{display:block;break-inside:avoid;padding:2px 0}
dialog dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;margin:8px 0 16px}
dialog dt{font-weight:600}
dialog dd{margin:0;color:var(--ink2)}
.note{color:var(--ink2);font-size:13px;margin:0}
.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media (max-width:1100px){.wide{overflow-x:auto}.whole{min-width:1000px}.rules>span{display:none}.whys{grid-template-columns:1fr;gap:20px}body{padding:24px 20px}.top{grid-template-columns:1fr;gap:24px}.rules{grid-template-columns:repeat(2,minmax(0,1fr))}ol.story .d{display:none}ol.story a{grid-template-columns:30px 80px 1fr;column-gap:8px}}
@media (max-width:800px){.idle ul{columns:1}.run{flex-direction:column;gap:2px}.sec>header{flex-wrap:wrap}.sec>header .r{margin-left:0}#state{overflow-x:auto}}
@media (forced-colors:active){:root{${systemVariables()}}.tag,.frame,.rules .v{border:1px solid CanvasText}.tag,ol.story .n{forced-color-adjust:none}.why .wd,.why .wd.bad{fill:Canvas}.why .wd.bad{stroke-width:3}.why .wt,.why .wt.bad{fill:CanvasText}}
@media (prefers-reduced-motion:reduce){*{transition:none!important;animation:none!important}}
@media print{@page{size:A4;margin:14mm}.stage,.says,.frame,.keys,.bar,.replay button,#search,#main,dialog,.sec>header .r,#whole>header p,#live{display:none}.whole{min-width:0}body{padding:0;max-width:none;font-size:11px}h1{font-size:24px}.lede{font-size:14px}ol.story a{font-size:12px;padding:2px 0}.top{grid-template-columns:minmax(0,1fr) 230px;gap:24px;margin-top:12px}.sec{margin-top:18px}.card,.whys>div,#whole,tr{break-inside:avoid}.card~.card~.card~.card details,.card details:not([open]){display:none}.more>summary{display:none}.more::details-content{content-visibility:visible;display:block}.whys{grid-template-columns:1fr 1fr;gap:18px}.whylist td{padding:1.5px 6px 1.5px 0;font-size:10px}.rules{grid-template-columns:repeat(4,minmax(0,1fr));column-gap:16px;font-size:10px}td,th{font-size:10.5px}}`;
}
