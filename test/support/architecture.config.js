import all from '../../jest.config.js';

const { globalSetup: _, globalTeardown: __, ...rest } = all;

/** The one test that needs no database: part of `npm run check`. */
export default { ...rest, rootDir: '../..', testMatch: ['<rootDir>/test/architecture.test.ts'] };
