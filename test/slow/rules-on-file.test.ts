// The rules once more, on database files.
process.env['TEST_ON_FILE'] = '1'
await import('../rules.test.ts')
