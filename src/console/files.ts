import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { gzipSync } from 'node:zlib'

export interface PageFile {
  type: string
  content: Buffer
  zipped: Buffer
}

/** Where `npm run bundle` puts the page. */
const folder = new URL('../../dist/console/', import.meta.url)

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Reads the files of the page, by name. */
export async function loadFiles(names: string[]): Promise<Record<string, PageFile>> {
  const files = names.map(async (name) => {
    const content = await readFile(new URL(name, folder))
    return [name, { type: TYPES[extname(name)] as string, content, zipped: gzipSync(content) }] as const
  })
  return Object.fromEntries(await Promise.all(files))
}
