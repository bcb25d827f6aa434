import { databaseProblem, redisProblem } from '../../src/config/addresses.ts';

const readFile = (path: string) => {
  if (path === '/etc/ca.pem') return 'a certificate';
  throw new Error('ENOENT');
};

describe('REDIS_URL', () => {
  test.each([
    'redis://localhost',
    'redis://:over%2Fthe-wall@[::1]:6379/3',
    'rediss://stile:over-the-wall@redis.example.com?ca_file=/etc/ca.pem',
    'redis+sentinel://one,two:26380,three/mymaster',
    'rediss+sentinel://:p@one/mymaster/2?sentinel_username=s&sentinel_password=q',
    'redis+cluster://one:7000,two:7001,[fd00::1]:7002',
    'rediss+cluster://stile:p@one:7000/0?ca_file=/etc/ca.pem',
  ])('may be %s', (value) => {
    expect(redisProblem(value, readFile)).toBeUndefined();
  });

  test.each<[string, RegExp]>([
    ['http://over-the-wall', /begins with redis/],
    ['redis://:over-the-wall@one,two', /names several hosts/],
    ['redis://:over-the-wall@one:99999', /begins with redis/],
    ['redis://:over-the-wall@one/main', /by its number/],
    ['redis+sentinel://:over-the-wall@one', /name the master/],
    ['redis+sentinel://:over-the-wall@one,,two/mymaster', /empty between its commas/],
    ['redis+cluster://:over-the-wall@one/2', /none but 0/],
    ['redis://:over-the-wall@one?db=over-the-wall', /not known; there is ca_file/],
    ['redis://:over-the-wall@one?ca_file=/etc/ca.pem', /without TLS/],
    ['rediss://:over-the-wall@one?ca_file=/etc/none.pem', /cannot be read/],
    ['redis://:over-the%wall@one', /begins with redis/],
  ])('%s is a mistake that is named without the password', (value, words) => {
    expect(redisProblem(value, readFile)).toMatch(words);
    expect(redisProblem(value, readFile)).not.toContain('over-the');
  });
});

describe('DATABASE_URL', () => {
  test.each([
    'postgres://stile@localhost/stile',
    'postgresql:///stile?host=/var/run/postgresql',
    'postgres://stile:p@one:5432,two/stile?target_session_attrs=read-write&sslmode=verify-full&sslrootcert=/etc/ca.pem',
    'postgres://stile:p@[fd00::1]:5432,[fd00::2]:5432/stile',
  ])('may be %s', (value) => {
    expect(databaseProblem(value, readFile)).toBeUndefined();
  });

  test.each<[string, RegExp]>([
    ['mysql://stile:over-the-wall@one/stile', /begins with postgres/],
    ['postgres://stile:over-the-wall@one,/stile', /empty between its commas/],
    [
      'postgres://stile:over-the-wall@one,two/stile?target_session_attrs=standby',
      /not one of read-write, primary, any/,
    ],
    ['postgres://stile:over-the-wall@one/stile?sslrootcert=/etc/none.pem', /sslrootcert that cannot be read/],
    ['postgres://stile:over-the-wall@one:port/stile', /begins with postgres/],
  ])('%s is a mistake that is named without the password', (value, words) => {
    expect(databaseProblem(value, readFile)).toMatch(words);
    expect(databaseProblem(value, readFile)).not.toContain('over-the');
  });
});
