/** What is wrong between the keys that say which methods there are for whom. Reads the file as it stands. */
import { type Problem, problem } from './problems.ts';

type Group = Readonly<Record<string, unknown>>;

const group = (value: unknown): Group => (typeof value === 'object' && value !== null ? (value as Group) : {});
const list = (value: unknown): Group[] => (Array.isArray(value) ? value.map(group) : []);

/** `methods:` of one store or group, by name of the method. */
const settingsOf = (scope: Group) =>
  Object.entries(group(scope.methods)).map(([method, said]) => ({
    method,
    state: typeof said === 'string' ? said : group(said).state,
    standsIn: group(said).stands_in,
    path: typeof said === 'string' ? [] : ['state'],
  }));

const beginners = ['password', 'webauthn', 'access-pass'];
/** Used up, or given by somebody else: nobody can be made to have one at every sign-in. */
const never = ['recovery-code', 'access-pass'];

export function methodProblems(file: Group): Problem[] {
  const stores = file.stores === undefined ? [{ id: 'local' }] : list(file.stores);
  const off = stores.map((store) => settingsOf(store).flatMap(({ method, state }) => (state === 'off' ? method : [])));
  const offEverywhere = (method: string) => off.length > 0 && off.every((methods) => methods.includes(method));
  const named = group(file.methods).begin;
  const begin = Array.isArray(named) ? named.map(String) : beginners;
  const counts = group(file.assurance).email_code === 'factor' || begin.includes('email-code');

  const scoped = (kind: 'stores' | 'groups') =>
    list(file[kind]).flatMap((scope, i) =>
      settingsOf(scope).flatMap(({ method, state, standsIn, path }) => {
        const at = [kind, i, 'methods', method];
        const found: Problem[] = [];
        if (standsIn !== undefined && !['email-code', 'access-pass'].includes(method))
          found.push(problem([...at, 'stands_in'], 'is for email-code and access-pass: nothing else stands in'));
        if (state !== 'required') return found;
        if (offEverywhere(method))
          found.push(problem([...at, ...path], 'is required, and off in every store: nobody could sign in'));
        else if (never.includes(method))
          found.push(problem([...at, ...path], 'cannot be required: it is for the day the others are lost'));
        else if (method === 'email-code' && file.mail === undefined)
          found.push(problem([...at, ...path], 'is required, and there is no mail: to send a code by'));
        else if (method === 'email-code' && !counts)
          found.push(
            problem(
              [...at, ...path],
              'is required, and proves nothing: put it into methods.begin, or set assurance.email_code to factor',
            ),
          );
        return found;
      }),
    );
  return [
    ...(Array.isArray(named) ? begin : []).flatMap((method, i) => {
      const at = ['methods', 'begin', i];
      if (offEverywhere(method)) return [problem(at, `is ${method}, which is off in every store`)];
      if (begin.indexOf(method) !== i) return [problem(at, `is ${method} a second time`)];
      if (method === 'email-code' && file.mail === undefined)
        return [problem(at, 'is email-code, and there is no mail: to send a code by')];
      return [];
    }),
    ...off.flatMap((methods, i) =>
      begin.every((method) => methods.includes(method))
        ? [problem(['stores', i, 'methods'], `leaves nothing to begin a sign-in with: ${begin.join(', ')} are off`)]
        : [],
    ),
    ...scoped('stores'),
    ...scoped('groups'),
  ];
}
