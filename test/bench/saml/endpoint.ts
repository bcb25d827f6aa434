/**
 * P4: single sign-on with a live session, from an AuthnRequest by HTTP-Redirect to the page with the signed Response:
 * Stile and others, taking turns so that the machine's moods hit all of them. Who is not installed is left out.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { type Results, result, unmeasured } from '../result.ts';
import { cpuOfAll } from '../servers.ts';
import { startByLibrary } from './by-library.ts';
import { startLemonLdap } from './lemonldap.ts';
import { authenticatedAt, check } from './party.ts';
import { NotInstalled } from './process.ts';
import { startSimpleSaml } from './simplesamlphp.ts';
import { startOurs } from './stile.ts';
import { type IdentityProvider, SamlVisitor } from './visitor.ts';

const rounds = 15;
const roundMs = 1000;
const warmUpMs = 4000;
/** Enough that no server waits for a disk, and none for us. */
const atOnce = 16;

const others = {
  'xml-crypto': { start: startByLibrary, goal: 5, name: 'a bare server on xml-crypto, session in Redis' },
  simplesamlphp: { start: startSimpleSaml, goal: 4, name: 'SimpleSAMLphp, php-fpm with 4 workers behind nginx' },
  lemonldap: { start: startLemonLdap, goal: 8, name: 'LemonLDAP::NG, uwsgi with 4 workers behind nginx' },
};
type Name = keyof typeof others;
const names = Object.keys(others) as Name[];

interface Contender {
  readonly idp: IdentityProvider;
  readonly visitors: readonly SamlVisitor[];
  readonly seen: Load[];
}

interface Load {
  readonly perSecond: number;
  /** Milliseconds of processor time of its processes for one answer. */
  readonly cpuMs: number;
}

export async function endpoint(): Promise<Results> {
  const running: IdentityProvider[] = [];
  const contenders = new Map<'stile' | Name, Contender>();
  const missing: Partial<Record<Name, string>> = {};
  try {
    for (const name of ['stile', ...names] as const) {
      try {
        const idp = await (name === 'stile' ? startOurs() : others[name].start());
        running.push(idp);
        contenders.set(name, await prepared(idp));
      } catch (error) {
        if (name === 'stile' || !(error instanceof NotInstalled)) throw error;
        missing[name] = error.message;
      }
    }
    const all = [...contenders.values()];
    for (let round = 0; round < rounds; round++) {
      // Whoever goes first pays for the pause in between: they take turns in that too.
      for (let turn = 0; turn < all.length; turn++) {
        const one = all[(round + turn) % all.length] as Contender;
        one.seen.push(await load(one, roundMs));
      }
    }
    return told(contenders, missing);
  } finally {
    for (const { visitors } of contenders.values()) for (const one of visitors) one.leave();
    await Promise.all(running.map((one) => one.stop()));
  }
}

function told(contenders: ReadonlyMap<'stile' | Name, Contender>, missing: Partial<Record<Name, string>>): Results {
  const { seen } = contenders.get('stile') as Contender;
  const rate = { unit: 'Responses/s', better: 'higher' } as const;
  const cpu = { unit: 'ms/Response', note: 'of its own processes' };
  const results: Results = {
    'P4.stile': result(perSecond(seen), rate),
    'P4.cpu.stile': result(processorTime(seen), cpu),
  };
  for (const name of names) {
    const { goal, name: note } = others[name];
    const aim = { goal, unit: 'times', better: 'higher', note } as const;
    const other = contenders.get(name)?.seen;
    if (!other) {
      results[`P4.${name}`] = unmeasured(aim, missing[name] ?? '');
      continue;
    }
    const ratio = seen.map((one, i) => one.perSecond / (other[i] as Load).perSecond);
    const cheaper = seen.map((one, i) => (other[i] as Load).cpuMs / one.cpuMs);
    results[`P4.${name}`] = result(ratio, { ...aim, note: `Stile's Responses per second over those of ${note}` });
    results[`P4.${name}.cpu`] = result(cheaper, {
      ...{ unit: 'times', better: 'higher', note: 'its processor time for a Response over that of Stile' },
    });
    results[`P4.${name}.rate`] = result(perSecond(other), rate);
    results[`P4.cpu.${name}`] = result(processorTime(other), cpu);
  }
  return results;
}

const perSecond = (seen: readonly Load[]) => seen.map((one) => one.perSecond);
const processorTime = (seen: readonly Load[]) => seen.map((one) => one.cpuMs);

/** Several people signed in, and proof that what is measured is the same everywhere. */
async function prepared(idp: IdentityProvider): Promise<Contender> {
  const visitors: SamlVisitor[] = [];
  for (let i = 0; i < atOnce; i++) visitors.push(new SamlVisitor(idp.sso, await idp.signIn()));
  const contender = { idp, visitors, seen: [] };
  const [visitor] = visitors as [SamlVisitor];
  const first = await visitor.visit();
  await check(first, idp.certificate, idp.entityId);
  await load(contender, warmUpMs);
  await wait(1000);
  const later = await visitor.visit();
  await check(later, idp.certificate, idp.entityId);
  if (authenticatedAt(first) !== authenticatedAt(later)) throw new Error(`${idp.entityId} signed somebody in anew`);
  return contender;
}

/** Everybody visits again and again for that long. */
async function load({ idp, visitors }: Contender, ms: number): Promise<Load> {
  const [began, cpu] = [performance.now(), cpuOfAll(idp.pids())];
  let answers = 0;
  const keepVisiting = async (visitor: SamlVisitor) => {
    while (performance.now() - began < ms) {
      await visitor.visit();
      answers++;
    }
  };
  await Promise.all(visitors.map(keepVisiting));
  const took = performance.now() - began;
  return { perSecond: (answers * 1000) / took, cpuMs: (cpuOfAll(idp.pids()) - cpu) / answers };
}
