import { defineConfig } from 'vitest/config';

// CommonJS packages are imported as Node itself imports them, else the operator's base class is another object here.
const deps = { interopDefault: false };

// A property test that takes 1 s alone takes 6 s where two cores are busy: limits are for what hangs, not for what is slow.

// The unit tests take every core (Vitest by itself leaves one out, which is half of two); the servers of the others do not.
// Those wait more than they compute, so that two more of them than there are cores find time. The unit tests are pure, so the files that a worker runs share what they import: loading it anew for each took more than half the time.

// Five projects, so that `npm run check` can take the fast ones and `npm test` everything.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          deps,
          isolate: false,
          testTimeout: 30_000,
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'architecture',
          include: ['test/architecture/**/*.test.ts'],
          deps,
          isolate: false,
          testTimeout: 30_000,
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'component',
          include: ['test/component/**/*.test.ts'],
          globalSetup: ['test/support/postgres-setup.ts'],
          deps,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/cluster-setup.ts'],
          deps,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/node-setup.ts'],
          deps,
          testTimeout: 300_000,
          hookTimeout: 600_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
