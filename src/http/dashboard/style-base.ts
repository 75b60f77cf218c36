// The stylesheet, first half: colours, type, and the frame around every page. Each pair of colours has the contrast of
// WCAG AA in both schemes; the browser test asks axe.

export const STYLE_BASE = `
:root{color-scheme:light dark;
--ground:#f6f5f1;--sheet:#fffefb;--ink:#1c211f;--soft:#59615d;--line:#e2e0d8;--line-strong:#8b908b;
--accent:#0b6e5a;--accent-ink:#fff;--accent-soft:#e3f0ec;
--wait:#7a4d00;--wait-soft:#fbefd6;--bad:#a3241c;--bad-soft:#fbe6e3;--good:#0b6249;--good-soft:#e0f1ea;
--way:#2a4f8f;--way-soft:#e6edf8;--over:#59615d;--over-soft:#eceae4;
--radius:10px;--mono:ui-monospace,SFMono-Regular,"Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{
--ground:#121514;--sheet:#1a1e1c;--ink:#e9ece9;--soft:#a3aca7;--line:#2c322f;--line-strong:#78827c;
--accent:#5fd0b2;--accent-ink:#06231c;--accent-soft:#173029;
--wait:#f0c36b;--wait-soft:#35290f;--bad:#ff9d92;--bad-soft:#3c1a17;--good:#74d8ae;--good-soft:#12312a;
--way:#9dbdf5;--way-soft:#1b2840;--over:#a3aca7;--over-soft:#272c29}}
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);
font:15px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;
font-variant-numeric:tabular-nums;-webkit-font-smoothing:antialiased;text-rendering:optimizeLegibility}
h1{font-size:1.6rem;line-height:1.2;letter-spacing:-.022em;font-weight:650;margin:0;text-wrap:balance}
h2{font-size:1rem;letter-spacing:-.01em;font-weight:640;margin:0 0 .75rem}
h3{font-size:.95rem;font-weight:600;margin:0}
p{margin:.4rem 0;max-width:68ch}
a{color:inherit;text-decoration-color:var(--line-strong);text-underline-offset:.18em}
a:hover{text-decoration-color:var(--accent);color:var(--accent)}
code,pre{font-family:var(--mono);font-size:.86em}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
main:focus{outline:none}
.skip{position:absolute;left:-999px;top:.5rem;background:var(--sheet);padding:.5rem 1rem;z-index:3}
.skip:focus{left:.5rem}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
[hidden]{display:none!important}
body.inside{display:grid;grid-template-columns:13.5rem minmax(0,1fr);min-height:100vh}
.bar{position:sticky;top:0;height:100vh;padding:1.4rem 1rem;display:flex;flex-direction:column;gap:1.4rem;overflow-y:auto}
body.inside>main{border-left:1px solid var(--line)}
.mark{display:flex;align-items:center;gap:.6rem;font-weight:680;letter-spacing:-.02em;font-size:1.06rem;
text-decoration:none;padding:0 .5rem}
.mark-ground{fill:var(--accent)}
.mark-line{stroke:var(--accent-ink);stroke-width:2;stroke-linecap:round;fill:none}
.search{position:relative;margin:-.4rem 0 -.5rem}
.search .unseen{left:0;bottom:0}
.search input{min-height:2.1rem;font-size:.88rem;padding:.3rem .6rem}
.search button:focus{position:static;width:auto;height:auto;clip-path:none;margin-top:.4rem}
.pages-group+.pages-group{margin-top:1.05rem}
.pages-group p{margin:0 0 .2rem;padding:0 .6rem;font-size:.76rem;font-weight:600;color:var(--soft)}
.pages-group ul{list-style:none;margin:0;padding:0;display:flex;flex-direction:column;gap:1px}
.bar nav a{display:flex;align-items:center;justify-content:space-between;gap:.5rem;padding:.34rem .6rem;
border-radius:7px;text-decoration:none;color:var(--soft);font-weight:520}
.bar nav a:hover{background:var(--over-soft);color:var(--ink)}
.bar nav a[aria-current]{background:var(--accent-soft);color:var(--accent);font-weight:620}
.count{background:var(--wait-soft);color:var(--wait);font-size:.78rem;font-weight:650;line-height:1;border-radius:99px;
padding:.25em .55em}
.menu{display:none}
.who{margin-top:auto;display:flex;flex-wrap:wrap;align-items:center;gap:.5rem .7rem;padding:0 .5rem;font-size:.87rem}
.who form{margin:0}
.who-name{font-weight:600;overflow-wrap:anywhere}
.mode{flex-basis:100%;width:fit-content;flex-grow:0;font-size:.78rem;font-weight:600;color:var(--wait)}
.mode::before{content:"";display:inline-block;width:.5em;height:.5em;border-radius:50%;background:currentColor;
margin-right:.45em;vertical-align:.08em}
main{padding:2rem clamp(1rem,3.5vw,3rem) 4rem;max-width:76rem;width:100%}
.head{margin-bottom:1.6rem}
.head p{color:var(--soft);margin:.35rem 0 0}
.crumb{font-size:.87rem;color:var(--soft);margin:0 0 .35rem}
.told{border-radius:var(--radius);padding:.7rem 1rem;margin:0 0 1.4rem;font-weight:560;max-width:none}
.told.is-good{background:var(--good-soft);color:var(--good)}
.told.is-wait{background:var(--wait-soft);color:var(--wait)}
.told.is-bad{background:var(--bad-soft);color:var(--bad)}
body.outside{display:grid;place-items:center;min-height:100vh}
body.outside main{max-width:25rem;padding:1.5rem}
.door{background:var(--sheet);border:1px solid var(--line);border-radius:14px;padding:2rem 1.8rem}
.door .mark{padding:0;margin-bottom:1.5rem}
.door h1{font-size:1.3rem;margin-bottom:1.1rem}
.door button{width:100%;margin-top:.3rem}
.door .note{color:var(--soft);font-size:.87rem;margin-top:1.2rem}
@media (max-width:52rem){
body.inside{display:block}
body.inside>main{border-left:0}
.bar{position:static;height:auto;flex-flow:row wrap;align-items:center;gap:.6rem 1rem;padding:.8rem 1rem;
border-bottom:1px solid var(--line);overflow:visible}
.pages-beside{display:none}
.menu{display:block;order:3;flex:1 0 100%}
.menu>summary{list-style:none;display:flex;align-items:center;gap:.6rem;min-height:2.75rem;padding:.4rem .9rem;color:var(--ink);
font-size:1rem;background:var(--sheet);border:1px solid var(--line-strong);border-radius:9px}
.menu>summary::-webkit-details-marker{display:none}
.menu>summary::after{content:"";width:.5rem;height:.5rem;margin:-.25rem .15rem 0 auto;border:solid currentColor;
border-width:0 2px 2px 0;rotate:45deg}
.menu[open]>summary{margin-bottom:.8rem}
.menu[open]>summary::after{rotate:-135deg;margin-top:.2rem}
.menu nav{display:grid;grid-template-columns:1fr 1fr;gap:1.1rem .6rem;padding-bottom:.4rem}
.menu .pages-group{margin:0}
.menu nav a{min-height:2.6rem;font-size:1rem}
.search{order:2;flex:1 0 100%;margin:0}
.who{margin:0 0 0 auto;padding:0;flex-wrap:nowrap}
.mode{flex-basis:auto}
.mark{padding:0}
main{padding-top:1.4rem}}
@media print{.bar,.told,form,.pages{display:none}body.inside{display:block}body{background:#fff}}
@media (prefers-reduced-motion:no-preference){a,button{transition:background .12s,color .12s,border-color .12s}}
`
