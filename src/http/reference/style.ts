/** Of the pages under /docs: readable without anything loaded from elsewhere, by day and by night. */
export const STYLE = `:root{color-scheme:light dark;--line:light-dark(#d5d9e0,#3a404a);--soft:light-dark(#f5f6f8,#1d2127);--dim:light-dark(#5a6270,#a3abb8)}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem}
body{font:16px/1.55 system-ui,sans-serif;margin:0;color:light-dark(#15181d,#e8eaee);background:light-dark(#fff,#14171b)}
a{color:light-dark(#0b57b8,#8ab8ff)}
.page{display:grid;grid-template-columns:18rem minmax(0,1fr);max-width:86rem;margin:auto}
nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:1.5rem 1rem;border-right:1px solid var(--line);font-size:.875rem}
nav ul{list-style:none;margin:.25rem 0 1rem;padding:0}
nav li{padding:.1rem 0;overflow-wrap:anywhere}
nav a{text-decoration:none}
nav strong{display:block}
main{padding:1.5rem 2rem 6rem;min-width:0}
main.narrow{max-width:46rem;margin:auto}
h1{font-size:1.75rem;line-height:1.25;margin:.5rem 0 1rem}
h2{font-size:1.35rem;margin:3rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:2.25rem 0 .35rem;overflow-wrap:anywhere}
h4{font-size:.9rem;margin:1.1rem 0 .3rem}
p{margin:.4rem 0;max-width:46rem}
.dim{color:var(--dim)}
code,pre{font:.875em/1.5 ui-monospace,monospace}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.75rem 1rem;overflow:auto;max-height:30rem}
.method{display:inline-block;min-width:4.2em;font-weight:700}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td,th{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600;white-space:nowrap}
.table{overflow:auto}
summary{cursor:pointer}
details{margin:.6rem 0}
:focus-visible{outline:2px solid light-dark(#0b57b8,#8ab8ff);outline-offset:2px}
@media (max-width:52rem){.page{display:block}nav{position:static;max-height:none;border-right:0;border-bottom:1px solid var(--line)}main{padding:1rem 1rem 4rem}}
@media print{nav{display:none}.page{display:block}pre{max-height:none;white-space:pre-wrap}}
`
