import { readFileSync } from 'node:fs'
import t from 'tap'
import { apiDocumentText } from '../../src/api/document.ts'
import { tables } from '../../src/app.ts'

t.test('the published OpenAPI document is that of the code', async (t) => {
  const published = readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')
  t.equal(apiDocumentText(tables), published, 'npm run openapi writes it')
})
