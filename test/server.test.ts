import { readdirSync } from 'node:fs'

// What concerns the server as a whole, in one process, since each file of its own takes longer to start than to run.
for (const file of readdirSync(new URL('./server/', import.meta.url))) await import(`./server/${file}`)
