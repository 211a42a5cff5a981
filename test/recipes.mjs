// Takes the recipes out of the pages, so that what runs is what is printed.
import { readFileSync } from 'node:fs'

/** The text of a page by its headings of the second level. Each text begins with its heading. */
export function sectionsOf(page) {
  const text = readFileSync(new URL(`../docs/${page}`, import.meta.url), 'utf8')
  return new Map(text.split(/^## /m).map((part) => [part.slice(0, part.indexOf('\n')), part]))
}

/** The files of a recipe, as pairs of path and content. */
export const filesOf = (text) =>
  [...text.matchAll(/^`([^`\n]+)`\n\n```\w+\n(.*?)^```$/gms)].map(([, path, content]) => [path, content])

/** The commands of a recipe: the text of each block of shell. */
export const commandsOf = (text) => [...text.matchAll(/^```sh\n(.*?)\n```$/gms)].map(([, command]) => command)
