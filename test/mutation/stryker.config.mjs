export default {
  mutate: ['src/rules/*.ts'],
  testRunner: 'in-process',
  plugins: ['./test/mutation/runner.mjs'],
  coverageAnalysis: 'perTest',
  concurrency: 1,
  incremental: true,
  incrementalFile: '.stryker/incremental.json',
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: '.stryker/report.json' },
  tempDirName: '.stryker/tmp',
  ignorePatterns: ['dist', '.tap', 'bench', 'tsconfig*.json'],
  // Endless loops are stopped by the number of their turns.
  dryRunTimeoutMinutes: 60,
  timeoutMS: 60_000,
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
}
