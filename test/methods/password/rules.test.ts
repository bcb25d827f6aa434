import { broken } from '../../../src/methods/password/rules.ts';

const ana = ['Northfold', 'ana', 'Ana Silva', 'ana@northfold.example'];
const alone = { minimum: 15, context: ana };

describe('what a person may choose', () => {
  test.each([
    'a walk along the old canal',
    'overthewallandfaraway',
    'correcthorse9battery2staple!',
    'все кошки серы ночью',
    '7391!8264a59201837',
    'ana likes seventeen green umbrellas',
    'xK4#mP9$vL2@nQ7w',
  ])('takes %j: no rule of composition exists', (password) => {
    expect(broken(password, alone)).toBeUndefined();
  });

  test('counts characters, not bytes: fourteen emoji are too short and fifteen are enough', () => {
    const emoji = [...'🐈🐕🐎🐖🐓🐇🦊🦉🐢🐍🦋🐝🐞🦀🐙'];
    expect(broken(emoji.slice(0, 14).join(''), alone)).toBe('too-short');
    expect(broken(emoji.join(''), alone)).toBeUndefined();
  });

  test('takes eight characters where a second factor is always asked for', () => {
    expect(broken('vexgromp', { minimum: 8, context: ana })).toBeUndefined();
    expect(broken('vexgromp', alone)).toBe('too-short');
  });

  test('takes 64 characters and more, and not a whole book', () => {
    expect(broken('jackdaws love my big sphinx of quartz and every vexed nymph quips', alone)).toBeUndefined();
    expect(broken('é'.repeat(600), alone)).toBe('too-long');
  });

  test.each([
    ['passwordpassword', 'a common word said twice'],
    ['P@ssw0rdP@ssw0rd', 'the same in disguise'],
    ['Sunshine1234567', 'a common word and a number'],
    ['correct horse battery staple', 'the most famous long password'],
    ['Correct-Horse-Battery-Staple', 'the same with hyphens'],
    ['123456789012345', 'counting'],
    ['qwertyuiopasdfghjkl', 'two rows of keys'],
    ['aaaaaaaaaaaaaaaaaaa', 'one key'],
    ['abcabcabcabcabcabc', 'three keys'],
  ])('refuses %j: %s', (password) => {
    expect(broken(password, alone)).toBe('too-common');
  });

  test.each(['anasilva20262027', 'Northfold-123456', 'NorthfoldAnaSilva', 'ana@northfold.example'])(
    'refuses %j, which leans on the names of ana and the service',
    (password) => expect(broken(password, alone)).toBe('too-close'),
  );
});
