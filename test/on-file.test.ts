// The rules once more, on database files.
process.env['TEST_ON_FILE'] = '1'

for (const resource of [
  'delivery-tokens',
  'preview-tokens',
  'management-tokens',
  'environments',
  'branches',
  'stacks',
  'user-session',
])
  await import(`./${resource}.test.ts`)
