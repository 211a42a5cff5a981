import { readdirSync } from 'node:fs'

// The rules, in memory. They share a process, since each file of its own takes longer to start than to run.
for (const file of readdirSync(new URL('./rules/', import.meta.url))) await import(`./rules/${file}`)
