import { type Stile, startStile } from '../support/stile.ts';
import { basicCases, configuration } from './basic.ts';
import { planOf } from './plans.ts';

let stile: Stile;
beforeAll(async () => {
  stile = await startStile({ config: await configuration() });
});
afterAll(() => stile?.stop());

planOf(
  'oidcc-basic-certification-test-plan',
  basicCases(() => stile, 'query'),
);
