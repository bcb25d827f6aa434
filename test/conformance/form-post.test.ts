import { type Stile, startStile } from '../support/stile.ts';
import { basicCases, configuration } from './basic.ts';
import { planOf } from './plans.ts';

let stile: Stile;
beforeAll(async () => {
  stile = await startStile({ config: await configuration() });
});
afterAll(() => stile?.stop());

planOf(
  'oidcc-formpost-basic-certification-test-plan',
  basicCases(() => stile, 'form_post'),
);
