// npm runs `prepare` in a checkout and for a git address, which is where it builds. For a packed file npm only warns that the script is
// not allowed, so the script has another name in there: `node pack.mjs hide` renames it, `node pack.mjs show` names it back.
import { readFileSync, writeFileSync } from 'node:fs'

const NAMES = { hide: ['prepare', 'prepare-checkout'], show: ['prepare-checkout', 'prepare'] }

const [from, to] = NAMES[process.argv[2]]
const text = readFileSync('package.json', 'utf8')
writeFileSync('package.json', text.replace(`\n    "${from}": `, `\n    "${to}": `))
