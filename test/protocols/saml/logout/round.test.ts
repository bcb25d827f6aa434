import {
  askedBy,
  cameBack,
  finished,
  goOn,
  heard,
  partial,
  type Round,
  requestId,
  type Stop,
  straightOn,
} from '../../../../src/protocols/saml/logout/round.ts';

const stop = (application: string, state: Stop['state'] = 'waiting'): Stop => ({
  application,
  name: application,
  nameId: { value: 'ana' },
  sessionIndex: '_s',
  state,
  tries: 0,
});
const round = (...stops: Stop[]): Round => ({
  id: 'round-of-ana',
  browser: 'hash',
  startedAt: 0,
  stops,
  untold: [],
  end: { to: '/signed-out' },
  over: false,
  run: 0,
});
const states = ({ stops }: Round) => stops.map(({ state }) => state);

test('asks one after the other, and is over when nobody is left', () => {
  const first = goOn(round(stop('payroll'), stop('wiki')));
  expect([first.stop, states(first.round)]).toEqual([0, ['asked', 'waiting']]);
  const done = heard(first.round, 0, requestId(first.round, 0), true) as Round;
  const second = goOn(done);
  expect([second.stop, states(second.round), second.round.over]).toEqual([1, ['done', 'asked'], false]);
  const end = goOn(heard(second.round, 1, requestId(second.round, 1), true) as Round);
  expect([end.stop, end.round.over, finished(end.round), partial(end.round)]).toEqual([undefined, true, true, false]);
});

test('passes over whoever has no address, and whoever asked for all this', () => {
  const only = goOn(round(stop('payroll', 'mute'), stop('wiki', 'asking'), stop('crm')));
  expect(only.stop).toBe(2);
  expect([finished(only.round), partial(only.round)]).toEqual([false, true]);
  expect(partial(round(stop('wiki', 'asking')))).toBe(false);
  expect(partial({ ...round(stop('wiki', 'asking')), untold: ['Mail'] })).toBe(true);
});

test('whoever has not sent the browser back when it stands here again has failed, and nobody else', () => {
  const { round: asked } = goOn(round(stop('payroll', 'done'), stop('wiki'), stop('crm')));
  const back = cameBack(asked);
  expect([states(back), back.run]).toEqual([['done', 'failed', 'waiting'], 0]);
  expect(states(cameBack(back))).toEqual(states(back));
});

test('asks the same one again, by another ID, once', () => {
  const once = goOn(round(stop('payroll'), stop('wiki'))).round;
  const twice = goOn(once);
  expect(twice.stop).toBe(0);
  expect(requestId(twice.round, 0)).not.toBe(requestId(once, 0));
  // An answer to either counts.
  for (const id of [requestId(once, 0), requestId(twice.round, 0)])
    expect(states(heard(twice.round, 0, id, true) as Round)).toEqual(['done', 'waiting']);
  const third = goOn(twice.round);
  expect([third.stop, states(third.round)]).toEqual([1, ['failed', 'asked']]);
});

test('an answer changes nothing but what it is about, and a yes stays one', () => {
  const { round: asked } = goOn(round(stop('payroll'), stop('wiki')));
  const id = requestId(asked, 0);
  expect(states(heard(asked, 0, id, false) as Round)).toEqual(['failed', 'waiting']);
  const yes = heard(asked, 0, id, true) as Round;
  expect(heard(yes, 0, id, false)).toBe(yes);
  expect(states(heard(cameBack(asked), 0, id, true) as Round)).toEqual(['done', 'waiting']);
  for (const [at, other] of [
    [1, requestId(asked, 1)],
    [1, id],
    [0, '_round-of-ana.0.2'],
    [0, '_another-round.0.1'],
    [7, '_round-of-ana.7.1'],
  ] as const)
    expect(heard(asked, at, other, true)).toBeUndefined();
});

test('an ID leads back to its round and stop, and no other text does', () => {
  expect(askedBy('_round-of-ana.12.1')).toEqual({ id: 'round-of-ana', stop: 12 });
  for (const other of [
    '',
    '_',
    '_round-of-ana',
    '_round-of-ana.1',
    'round-of-ana.1.1',
    '_so:x-x-x-x-x.1.1',
    '_round.1.1 ',
  ])
    expect(askedBy(other)).toBeUndefined();
});

test('goes straight on for three stops, then by way of a page; and past a page where somebody was not told', () => {
  let now = round(...['a', 'b', 'c', 'd'].map((name) => stop(name)));
  const straight: boolean[] = [];
  for (let i = 0; i < 4; i++) {
    now = goOn(now).round;
    now = heard(now, i, requestId(now, i), true) as Round;
    straight.push(straightOn(now));
  }
  expect(straight).toEqual([true, true, false, true]);
  expect(straightOn(cameBack(round(stop('a', 'failed'))))).toBe(false);
});
