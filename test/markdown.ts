// What tests read of a page: its headings, links, blocks and commands. Pure, so that it works in workerd too.

export type Block = { readonly language: string; readonly text: string; readonly line: number }
export type Link = { readonly target: string; readonly line: number }
export type Command = { readonly text: string; readonly line: number }

/** The page with code in its place, but empty: lines keep their numbers. */
const withoutBlocks = (page: string): string =>
  page.replaceAll(/^ {0,3}```[\s\S]*?^ {0,3}```/gm, (block) => block.replaceAll(/[^\n]/g, ''))
const withoutCode = (page: string): string => withoutBlocks(page).replaceAll(/`[^`\n]+`/g, '')

const lineOf = (page: string, index: number): number => page.slice(0, index).split('\n').length

export const blocksOf = (page: string): readonly Block[] =>
  [...page.matchAll(/^( {0,3})```(\w*)\n([\s\S]*?)^ {0,3}```/gm)].map((match) => ({
    language: match[2] ?? '',
    // In a list the whole block is moved in.
    text: (match[3] ?? '').replaceAll(new RegExp(`^${match[1]}`, 'gm'), ''),
    line: lineOf(page, match.index),
  }))

export const linksOf = (page: string): readonly Link[] => {
  const text = withoutCode(page)
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({
    target: match[1] ?? '',
    line: lineOf(text, match.index),
  }))
}

/** The anchors of a page's headings, as GitHub makes them. */
export const anchorsOf = (page: string): ReadonlySet<string> => {
  const anchors = new Set<string>()
  for (const [, heading = ''] of withoutBlocks(page).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    let anchor = slug
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${slug}-${again}`
    anchors.add(anchor)
  }
  return anchors
}

const COMMAND = /^(?:[A-Z_]+=\S+ )*(?:npm|npx|curl|git|cp|cd|node) \S/

/** Lines of shell: of `sh` blocks all, of indented ones and of code in the text those that begin with a command. */
export function commandsOf(page: string): readonly Command[] {
  const fenced = blocksOf(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text, line }) => shellLines(text, line + 1))
  const rest = withoutBlocks(page)
  const indented = rest
    .split('\n')
    .flatMap((text, index) =>
      /^ {4}\S/.test(text) ? [{ text: text.trim(), line: index + 1 }] : [],
    )
  const inline = [...rest.matchAll(/`([^`\n]+)`/g)].map((match) => ({
    text: (match[1] ?? '').replaceAll('\\|', '|'),
    line: lineOf(rest, match.index),
  }))
  return [...fenced, ...[...indented, ...inline].filter(({ text }) => COMMAND.test(text))].map(
    (each) => ({ ...each, text: withoutRemark(each.text) }),
  )
}

/** A line that ends in a backslash goes on; one within quotes does too. */
function shellLines(text: string, first: number): readonly Command[] {
  const commands: { text: string; line: number }[] = []
  let open: { text: string; line: number } | null = null
  for (const [index, written] of text.split('\n').entries()) {
    const line: string = open === null ? written : `${open.text}\n${written}`
    const start: number = open?.line ?? first + index
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    const quotes = line.replaceAll(/"[^"]*"/g, '').split("'").length - 1
    if (line.endsWith('\\')) open = { text: line.slice(0, -1), line: start }
    else if (quotes % 2 === 1) open = { text: line, line: start }
    else {
      commands.push({ text: line, line: start })
      open = null
    }
  }
  return commands
}

/** What stands behind ` #` explains the line. */
const withoutRemark = (command: string): string => command.replace(/\s+#\s.*$/, '').trim()

/** The words of a line, without the quotes around them. */
export const wordsOf = (command: string): readonly string[] =>
  [...command.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+(?:"[^"]*"|'[^']*')?)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  )
