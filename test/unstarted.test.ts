import { StoreAway } from '../src/domain/store-away.ts';
import { NotOurSecret } from '../src/state/sealer.ts';
import { unstarted } from '../src/unstarted.ts';

const error = (message: string, code?: string) => Object.assign(new Error(message), code ? { code } : {});

test('whoever starts Stile wrongly is told in a sentence what to do', () => {
  expect(unstarted(error('listen EADDRINUSE :::3000', 'EADDRINUSE'))).toMatch(/Set PORT/);
  expect(unstarted(new NotOurSecret())).toMatch(/Put the secret that sealed it behind the new one/);
  expect(unstarted(error('database "stile" does not exist', '3D000'))).toMatch(/database "stile" does not exist/);
  expect(unstarted(error('password authentication failed for user "stile"', '28P01'))).toMatch(/DATABASE_URL/);
  const refused = error('connect ECONNREFUSED 127.0.0.1:5432');
  expect(unstarted(new StoreAway('The database', refused))).toBe(
    'The database is away (connect ECONNREFUSED 127.0.0.1:5432). Is it running, and is its address right?',
  );
  const both = new AggregateError([refused], '');
  expect(unstarted(new StoreAway('The database', both))).toContain('127.0.0.1:5432');
});

test('a bug keeps its stack', () => {
  expect(unstarted(new TypeError('undefined is not a function'))).toBeUndefined();
});
