// Bundles the program into dist/. What package.json lists under `dependencies` stays outside; every other package is
// bundled, and its license goes into dist/third-party-notices.txt.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))

/** Needed by the types, and bundled nevertheless: importing its own files takes longer than everything else at the start. */
const TYPEBOX = '@sinclair/typebox'

rmSync('dist', { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: { 'lib/index': 'src/index.ts', 'cli/main': 'src/cli/main.ts' },
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  external: Object.keys(dependencies).filter((name) => name !== TYPEBOX),
  alias: { [TYPEBOX]: `./node_modules/${TYPEBOX}/build/esm/index.mjs` },
  // Bundled CommonJS modules call `require` for modules of Node.
  banner: { js: "import { createRequire as of } from 'node:module'; const require = of(import.meta.url);" },
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
})
const page = await build({
  entryPoints: ['main.tsx', 'app.css', 'index.html', 'icon.svg'].map((file) => ({
    in: `src/console/page/${file}`,
    out: file.replace(/\.\w+$/, '').replace('main', 'app'),
  })),
  outdir: 'dist/console',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
  loader: { '.html': 'copy', '.svg': 'copy' },
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
})
cpSync('src/store/migrations', 'dist/chunks/migrations', { recursive: true })
writeFileSync('dist/third-party-notices.txt', noticesOf([metafile, page.metafile]))

/** The licenses of all packages that have code in the output of these builds. */
function noticesOf(metafiles) {
  const files = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs)),
  )
  const folders = files
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0])
  return [
    'contentstack-tokens-mock contains code of these packages.\n',
    ...[...new Set(folders)].filter(Boolean).sort().map(noticeOf),
  ].join('\n')
}

/** @throws Error for a package without a license file, which may not be distributed */
function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const files = readdirSync(folder).filter((file) =>
    /^(licen[cs]e|copying|(copyright)?notice)(\.|$)/i.test(file),
  )
  if (files.length === 0) throw new Error(`${folder} has no license file`)
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim())
  return [`${'-'.repeat(80)}\n${name} ${version} (${license})`, ...texts, ''].join('\n\n')
}
