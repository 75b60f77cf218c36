// The lint rules that oxlint has no options for. Plain JavaScript, because oxlint may be run by an
// editor on the host's own Node.
const CLOCK =
  'This folder is pure: take `now` as an argument, and make a Date of it with `new Date(now)`.'
const ZOD =
  "Write `import * as z from 'zod'`: the named or default `z` carries every locale into the bundle, 70 KiB gzip."

const isClock = ({ callee }) => callee.type === 'Identifier' && callee.name === 'Date'

export default {
  meta: { name: 'makegood' },
  rules: {
    'no-clock': {
      create: (context) => ({
        NewExpression(node) {
          if (isClock(node) && node.arguments.length === 0) {
            context.report({ node, message: CLOCK })
          }
        },
        CallExpression(node) {
          if (isClock(node)) context.report({ node, message: CLOCK })
        },
      }),
    },
    'zod-namespace': {
      create: (context) => ({
        ImportDeclaration(node) {
          if (node.source.value !== 'zod' || node.importKind === 'type') return
          const isFine = (found) =>
            found.type === 'ImportNamespaceSpecifier' || found.importKind === 'type'
          if (!node.specifiers.every(isFine)) context.report({ node, message: ZOD })
        },
        ExportNamedDeclaration(node) {
          if (node.source?.value !== 'zod' || node.exportKind === 'type') return
          context.report({ node, message: ZOD })
        },
      }),
    },
  },
}
