// Jira's wiki markup, read as the nodes of a document.

/** A part of a line: an escaped character, a link or mention, a macro, an effect, or a plain character. */
const WIKI =
  /\\([\p{P}\p{S}])|(\[[^\]]+\])|(\{[^}]+\})|(![^!\s]+!)|(?<!\w)([*_+^~-]\S*?[*_+^~-])(?!\w)|([^])/gu
const TYPES = [null, 'inlineCard', 'extension', 'media', 'strong'] as const

type Node = { readonly type: string; readonly text: string }

/** Wiki markup as nodes, as far as a note of ours could hold any. */
export function nodesOf(line: string): readonly Node[] {
  const nodes: Node[] = []
  for (const [whole, ...groups] of line.matchAll(WIKI)) {
    const index = groups.findIndex((group) => group !== undefined)
    const type = TYPES[index] ?? 'text'
    const text = type === 'text' ? (groups[index] ?? whole) : whole
    const last = nodes.at(-1)
    if (type === 'text' && last?.type === 'text') {
      nodes[nodes.length - 1] = { type, text: last.text + text }
    } else nodes.push({ type, text })
  }
  return nodes
}
