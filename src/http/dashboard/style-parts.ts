// The stylesheet, second half: what stands on pages.

export const STYLE_PARTS = `
.sheet{background:var(--sheet);border:1px solid var(--line);border-radius:var(--radius);padding:1.2rem 1.3rem;
margin:0 0 1.2rem}
.sheet>:last-child{margin-bottom:0}
.sheet.is-flush{padding:0;overflow:hidden}
.columns{display:grid;grid-template-columns:minmax(0,1.65fr) minmax(0,1fr);gap:1.2rem;align-items:start}
.group{margin:2rem 0 .8rem;display:flex;align-items:baseline;gap:.6rem}
.group h2{margin:0}
.group span{color:var(--soft);font-size:.9rem}
.money{white-space:nowrap;font-weight:600}
.money.is-charge{color:var(--wait)}
.money.is-none{color:var(--soft);font-weight:500}
.money.is-big{font-size:1.35rem;letter-spacing:-.02em;font-weight:660}
time{white-space:nowrap}
.soft{color:var(--soft)}
.chip{display:inline-flex;align-items:center;gap:.4em;border-radius:99px;padding:.1em .65em .12em .55em;font-size:.82rem;
font-weight:600;white-space:nowrap;background:var(--over-soft);color:var(--over)}
.chip::before{content:"";width:.5em;height:.5em;border-radius:50%;background:currentColor}
.chip.is-wait{background:var(--wait-soft);color:var(--wait)}
.chip.is-bad{background:var(--bad-soft);color:var(--bad)}
.chip.is-good{background:var(--good-soft);color:var(--good)}
.chip.is-way{background:var(--way-soft);color:var(--way)}
.chip.is-over::before{background:none;border:1.5px solid currentColor}
button,.button{font:inherit;font-weight:600;font-size:.92rem;border-radius:8px;border:1px solid var(--line-strong);
background:var(--sheet);color:var(--ink);padding:.4rem .85rem;min-height:2.2rem;cursor:pointer;text-decoration:none;
display:inline-flex;align-items:center;justify-content:center}
button:hover,.button:hover{border-color:var(--accent);color:var(--accent)}
button.main{background:var(--accent);border-color:var(--accent);color:var(--accent-ink)}
button.main:hover{filter:brightness(1.08);color:var(--accent-ink)}
button.danger{color:var(--bad)}
button.danger:hover{border-color:var(--bad);color:var(--bad)}
button.quiet{border-color:transparent;background:none;padding:.2rem .3rem;min-height:1.6rem;color:var(--soft);
text-decoration:underline;text-underline-offset:.18em;text-decoration-color:var(--line-strong)}
button.copy{font-size:.76rem;padding:.05rem .45rem;min-height:1.5rem;margin-left:.45rem}
.id{overflow-wrap:anywhere}
form.inline{display:inline-flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:0}
form.stack{display:grid;gap:.9rem;max-width:30rem}
form.stack>button{justify-self:start}
.field{display:grid;gap:.25rem;font-size:.9rem}
.field>span{font-weight:600}
.field small{color:var(--soft)}
input[type=text],input[type=search],input[type=month],input[type=password],input[type=email],input[type=number],input[type=date],select,textarea{font:inherit;
color:var(--ink);background:var(--ground);border:1px solid var(--line-strong);border-radius:8px;padding:.45rem .65rem;
width:100%;min-height:2.4rem}
textarea{min-height:4.2rem;resize:vertical}
fieldset{border:0;padding:0;margin:0;display:grid;gap:.4rem}
legend{font-weight:600;font-size:.9rem;padding:0 0 .25rem}
.check{display:flex;gap:.55rem;align-items:baseline;font-size:.92rem}
.check input{accent-color:var(--accent);width:1.05rem;height:1.05rem;flex:none;translate:0 .15rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th{text-align:left;font-size:.8rem;font-weight:600;color:var(--soft);padding:.7rem .9rem;white-space:nowrap;
border-bottom:1px solid var(--line)}
td{padding:.72rem .9rem;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child>td{border-bottom:0}
tbody tr:hover{background:color-mix(in srgb,var(--accent-soft) 45%,transparent)}
.num{text-align:right}
td a.row{font-weight:580;text-decoration:none}
td a.row:hover{text-decoration:underline}
td .under{display:block;color:var(--soft);font-size:.86rem;overflow-wrap:break-word;max-width:26rem}
.facts{margin:0;display:grid;gap:.55rem}
.facts>div{display:grid;grid-template-columns:9.5rem minmax(0,1fr);gap:.8rem}
.facts dt{color:var(--soft);font-size:.9rem}
.facts dd{margin:0;overflow-wrap:anywhere}
.facts .note{display:block;color:var(--soft);font-size:.86rem}
.sheet>.facts+div{margin-top:1.1rem}
.card{background:var(--sheet);border:1px solid var(--line);border-radius:var(--radius);margin:0 0 1rem;
display:grid;grid-template-columns:minmax(0,1fr) 20rem}
.card:target,.card:focus-within,.card.is-picked{border-color:var(--accent)}
.card-what{padding:1.1rem 1.3rem}
.card-do{padding:1.1rem 1.3rem;border-left:1px solid var(--line);display:grid;gap:.8rem;align-content:start}
.card-do form.stack{gap:.6rem}
.card-do button{width:100%}
.card-top{display:flex;flex-wrap:wrap;gap:.3rem .8rem;align-items:baseline;margin-bottom:.3rem}
.chips{display:flex;flex-wrap:wrap;gap:.35rem;margin:.6rem 0}
.why{margin:.5rem 0;padding-left:1.1rem}
.why li{margin:.2rem 0;max-width:68ch}
.past{list-style:none;margin:.3rem 0 0;padding:0;font-size:.9rem}
.past li{display:flex;flex-wrap:wrap;gap:.2rem .7rem;padding:.15rem 0}
.card-forms{display:grid;gap:1rem;align-items:start}
.card-forms form.stack button{width:100%}
details>summary{cursor:pointer;font-weight:600;font-size:.92rem;color:var(--soft)}
details>summary:hover{color:var(--accent)}
details[open]>summary{margin-bottom:.6rem}
.timeline{list-style:none;margin:0;padding:0}
.timeline li{position:relative;padding:0 0 1rem 1.5rem}
.timeline li::before{content:"";position:absolute;left:.15rem;top:.45em;width:.6rem;height:.6rem;border-radius:50%;
background:var(--sheet);border:2px solid var(--accent)}
.timeline li::after{content:"";position:absolute;left:.41rem;top:1.25em;bottom:-.3em;width:1.5px;background:var(--line)}
.timeline li:last-child{padding-bottom:0}
.timeline li:last-child::after{display:none}
.timeline b{font-weight:600}
.timeline span{display:block;color:var(--soft);font-size:.87rem;overflow-wrap:anywhere}
pre.body{margin:0;padding:1rem 1.2rem;overflow:auto;max-height:34rem;background:var(--ground);border-radius:8px;
white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.55}
.empty{border:1px dashed var(--line-strong);border-radius:var(--radius);padding:1.6rem 1.4rem;color:var(--soft);
margin:0 0 1.2rem}
.empty-title{color:var(--ink);font-weight:620;margin-top:0}
.sheet .empty{border:0;margin:0;padding:0}
.sheet.is-flush .empty{padding:1.6rem 1.4rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1px;background:var(--line);
border:1px solid var(--line);border-radius:var(--radius);overflow:hidden;margin-bottom:1.2rem}
.tile{background:var(--sheet);padding:1rem 1.2rem;text-decoration:none;display:block}
.tile b{display:block;font-size:1.55rem;letter-spacing:-.025em;font-weight:650;line-height:1.25}
.tile span{display:block;font-size:.88rem;color:var(--soft)}
.tile.is-wait b{color:var(--wait)}
.tile.is-bad b{color:var(--bad)}
.columns>div+div>.sheet>.facts>div{grid-template-columns:6.2rem minmax(0,1fr)}
.chart{width:100%;height:auto;display:block}
.chart .credit{fill:var(--accent)}
.chart .record{fill:var(--accent);opacity:.4}
.chart .charge{fill:var(--wait)}
.chart .axis{stroke:var(--line-strong)}
.chart text{fill:var(--soft);font-size:11px}
.chart.strip{height:.35rem;width:100%;margin-top:.45rem;border-radius:2px;background:var(--line)}
table.tight th,table.tight td{padding-left:.5rem;padding-right:.5rem}
table.tight th:first-child,table.tight td:first-child{padding-left:0}
table.tight th:last-child,table.tight td:last-child{padding-right:0}
.named{width:40%}
.named b{font-weight:580;overflow-wrap:anywhere}
.line{display:block;white-space:nowrap}
td small{color:var(--soft)}
.key{display:flex;gap:1.1rem;font-size:.86rem;color:var(--soft);margin:.5rem 0 0;flex-wrap:wrap}
.key i{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.4em;background:var(--accent)}
.key i.record{opacity:.4}
.key i.charge{background:var(--wait)}
.steps{list-style:none;margin:0;padding:0;display:grid;gap:.7rem}
.steps li{display:grid;grid-template-columns:1.4rem 1fr;gap:.5rem}
.steps li::before{content:"";width:1rem;height:1rem;margin-top:.25rem;border:1.5px solid var(--line-strong);border-radius:50%}
.steps li.is-done::before{content:"✓";border:0;background:var(--accent);color:var(--accent-ink);font-size:.72rem;
display:grid;place-items:center;font-weight:700}
.steps li.is-done{color:var(--soft)}
.address{background:var(--accent-soft);padding:.8rem 1rem;border-radius:8px;overflow-wrap:anywhere;max-width:none}
form.apart{display:flex;flex-wrap:wrap;gap:.5rem .9rem;align-items:center;margin-top:1.1rem}
.finder{display:flex;gap:.5rem;align-items:center;margin:0 0 1rem}
.finder input{flex:1}
.asks{list-style:none;margin:0;padding:0;display:grid;gap:.9rem}
.asks li{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:center;justify-content:space-between}
.asks .under{display:block;color:var(--soft);font-size:.87rem}
form.ask{display:flex;gap:.5rem;flex:0 1 21rem}
.change summary{font-size:.87rem}
.change form{margin:.5rem 0 0}
textarea.code,td.given{font-family:var(--mono);font-size:.82rem}
td.given{overflow-wrap:anywhere}
.inset{margin:1.1rem .9rem .9rem;max-width:none}
.sheet.is-flush>.inset:last-child{margin-bottom:1rem}
th.name{font-size:inherit;color:inherit;white-space:normal;padding:.72rem .9rem;vertical-align:top;border-bottom:1px solid var(--line)}
tr:last-child>th.name{border-bottom:0}
th .under{display:block;color:var(--soft);font-size:.86rem;font-weight:400}
th.num{text-align:right}
.month{display:flex;flex-wrap:wrap;gap:1rem;align-items:end;justify-content:space-between}
.months{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}
.months input{width:11rem}
.buttons{display:flex;flex-wrap:wrap;gap:.5rem;max-width:none}
button.copy.wide-copy{margin:0;font-size:.92rem;min-height:2.2rem;padding:.4rem .85rem}
input.short{width:5rem}
.tabs{display:flex;flex-wrap:wrap;gap:.3rem;margin:0 0 1.2rem;border-bottom:1px solid var(--line)}
.tabs a{padding:.5rem .8rem;text-decoration:none;color:var(--soft);font-weight:560;border-bottom:2px solid transparent;
margin-bottom:-1px}
.tabs a[aria-current]{color:var(--accent);border-bottom-color:var(--accent)}
.secret{display:block;background:var(--accent-soft);padding:.8rem 1rem;border-radius:8px;overflow-wrap:anywhere}
.pages{display:flex;gap:.8rem;margin:1rem 0 0}
.filters{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.7rem .9rem;align-items:end}
.filters-do{display:flex;gap:.5rem}
.exports{list-style:none;margin:0 0 .9rem;padding:0;display:grid;gap:.6rem}
.exports .button{min-width:8.2rem;margin-right:.7rem}
td details{margin-top:.2rem}
td summary{font-size:.8rem;font-weight:500}
code.data{display:block;overflow-wrap:anywhere;max-width:34rem}
.did{max-width:none}
.did .fate:not(:last-child)::after{content:", "}
.tried+.tried{border-top:1px solid var(--line);padding-top:1rem;margin-top:1rem}
.tried-one{background:var(--ground);border-radius:8px;padding:.9rem 1.1rem;margin:.8rem 0}
.is-tried{border-color:var(--accent)}
textarea.code{font-family:var(--mono);font-size:.84rem;line-height:1.5}
.sheet>details{margin-top:.9rem}
.keys-help{color:var(--soft);font-size:.85rem}
kbd{font:inherit;font-size:.82rem;border:1px solid var(--line-strong);border-radius:4px;padding:0 .35em;background:var(--sheet)}
@media (max-width:62rem){.columns,.card{grid-template-columns:minmax(0,1fr)}.card-do{border-left:0;border-top:1px solid var(--line)}}
@media (max-width:40rem){.facts>div{grid-template-columns:1fr;gap:.1rem}th,td{padding:.6rem .7rem}
.wide{display:none}.sheet{padding:1rem}.card-what,.card-do{padding:1rem}
.tiles{grid-template-columns:repeat(3,minmax(0,1fr))}.tile{padding:.8rem}.chart text{font-size:20px}
.named{width:34%}.line{white-space:normal}}
`
