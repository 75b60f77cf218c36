// The lint rules that oxlint has no options for. Plain JavaScript, because oxlint may be run by an
// editor on the host's own Node.
const CLOCK =
  'This folder is pure: take `now` as an argument, and make a Date of it with `new Date(now)`.'
const ZOD =
  'Import zod as a namespace, `* as z`: the named or default `z` carries every locale into the bundle, 70 KiB gzip.'
const ZOD_MINI =
  "In src write `import * as z from 'zod/mini'`: the methods of the classic one cost the bundle 15 KiB gzip."
const ZOD_CATCH =
  'Write `orElse` of src/commet/contract.ts: `z.catch` carries every utility of zod into the bundle, 2 KiB gzip.'

const ZODS = new Set(['zod', 'zod/mini'])
// The words of messages are the one other thing that src has of it.
const ZODS_IN_SRC = new Set(['zod/mini', 'zod/v4/locales/en.js'])

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
          if (!ZODS.has(node.source.value) || node.importKind === 'type') return
          const isFine = (found) =>
            found.type === 'ImportNamespaceSpecifier' || found.importKind === 'type'
          if (!node.specifiers.every(isFine)) context.report({ node, message: ZOD })
        },
        ExportNamedDeclaration(node) {
          if (!ZODS.has(node.source?.value) || node.exportKind === 'type') return
          context.report({ node, message: ZOD })
        },
      }),
    },
    'zod-mini': {
      create: (context) => {
        const check = (node) => {
          const from = node.source?.value ?? ''
          if (!/^zod(\/|$)/.test(from) || ZODS_IN_SRC.has(from)) return
          context.report({ node, message: ZOD_MINI })
        }
        return {
          ImportDeclaration: check,
          ExportNamedDeclaration: check,
          ExportAllDeclaration: check,
          MemberExpression(node) {
            if (node.object.name === 'z' && node.property.name === 'catch') {
              context.report({ node, message: ZOD_CATCH })
            }
          },
        }
      },
    },
  },
}
