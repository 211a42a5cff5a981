/**
 * What a report may show of the target's responses. Everything else is masked, because a name, an address or a key may stand
 * anywhere in a message.
 */

/** The words that a message or the name of a key may show. A word that is not listed is masked. */
const VOCABULARY = new Set(
  `a about accept accepted access account acl acls action active add admin again alias aliases aliased aliasing all allow
  allowed already also an and another any api app are array as at authorization authorized authtoken available be because been
  before being beyond body boolean both branch branches bulk but by can can't cannot cascade change changed character
  characters code collaborators combination comply confirm contain contains content could count create created creation currently
  date datetime day days deep deeply default delete deleted deletion delivery denied depends deploy description
  different disabled discrete does doesn't don't duplicate duplicated each email empty enable enabled end ending entries entry env
  environment environments error errors exceed exceeded exceeds exist existing exists expected expiration expire expired expires
  expiry extra fail failed failure fallback false feature features fetch fetched field fields file find first for forbidden force
  format found from future get getting global granted greater group has have header headers here hours id if in inactive include
  incorrect info insufficient integer internal invalid is it it's item items its json key keys label labels language large last
  least length less level levels limit limits limited line link linked list live locale locales logged login logout long
  longer management mandatory match max maximum may members message metadata method mib min minimum minutes missing module
  modules more most multiple must name names need needed needs nested no none not nothing notice notification null number object
  objects of off on once one only operation or order org organization organisation organizations other out over own owner
  owners page param parameter parameters parent parse parsed part pass password past perform permission permissions permitted plan
  please positive preview privilege privileges process provide provided query range rate reach reached read reason
  received record refresh release rename request requested requests require required requires resource response restricted
  retry right rights role roles route rule rules same scope scopes seconds see select send sent server servers service session
  set setting settings shared short should size skip some something sorry source stack stacks start status string strings
  successful successfully such support supported syntax tag tags taken target taxonomies temporarily text tfa than that the
  their them then there these they this those time timestamp to together token tokens too total true try two type types
  uid uids unable unless unauthorized unavailable understood unexpected unique unknown unprocessable unsupported until update updated
  updates upgrade url urls use used user username users valid validation value values version visible want was we we're
  webhook webhooks were when where which while while will with within without workflow workflows write wrong year you you're you've
  your before lock locked locks plural singular utf-8 content-type two-factor verification looks like reset totp`
    .split(/\s+/)
    .filter(Boolean),
)

/** Further parts of key names. */
const KEY_PARTS = new Set(
  'acl sys app blt cs default code column features first last locale master org orgs price plan uid uids version variables urls factor auth failed attempts live oauth preview ref refs reference hash is owner'.split(
    ' ',
  ),
)

/** The headers that may be named. */
const HEADERS = new Set(
  `allow clear-site-data content-type retry-after set-cookie www-authenticate x-contentstack-organization
  x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset x-request-id x-runtime`.split(/\s+/),
)

const MASK = '…'

/** A text of the API with its values masked. */
export interface Said {
  /** For comparison: with numbers. */
  exact: string
  /** For a report: without numbers. */
  shown: string
}

/** The most characters of a message that are read. */
const LONGEST_MESSAGE = 500

/** Masks what a message quotes, and every word that is not in the vocabulary. */
export function said(text: string): Said {
  const words = text
    .slice(0, LONGEST_MESSAGE)
    // An apostrophe inside a word quotes nothing.
    .replaceAll(/(?<!\w)(["'`])[^"'`]*\1(?!\w)/g, `$1${MASK}$1`)
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(masked)
  const exact = words.filter((word, i) => word !== MASK || words[i - 1] !== MASK).join(' ')
  return { exact, shown: exact.replaceAll(/\d+/g, '#') }
}

const masked = (word: string) =>
  word.replace(/^([(["'`]*)(.*?)([)\]"'`.,:;!?]*)$/s, (_word, before: string, core: string, after: string) =>
    isShown(core) ? before + core + after : MASK,
  )

function isShown(core: string): boolean {
  if (core === '' || core === MASK || /^\d+$/.test(core)) return true
  // Such as `branch(es)`.
  return VOCABULARY.has(core.toLowerCase().replace(/\(e?s$/, ''))
}

/** A code of the API, which has three or four digits. */
export const saidAsCode = (code: number): Said => ({
  exact: String(code),
  shown: Number.isInteger(code) && code >= 0 && code <= 9999 ? String(code) : 'another number',
})

/** The name of a key, if all its parts are words of the API. */
export function keyName(key: string): string {
  const parts = key
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[_.:-]/)
  const isKnown = parts.every((part) => part === '' || VOCABULARY.has(part) || KEY_PARTS.has(part))
  return isKnown ? key : '{unknown key}'
}

export const headerName = (name: string) => (HEADERS.has(name) ? name : '{unknown name}')
