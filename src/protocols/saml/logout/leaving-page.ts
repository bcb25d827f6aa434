import type { LeavingPage } from '../pages.ts';
import { finished, partial, type Round } from './round.ts';

/** Long enough for Chromium to keep the page in its history, from one second on: Back from whoever is dead leads here. */
const GLANCE_SECONDS = 2;
/** Whoever asked for all this waits for its answer; whoever reads that somebody was not told needs a moment. */
const READ_SECONDS = 10;

/** What a round looks like now. `asking` is the name of whoever asked for it. */
export function leavingPage(round: Round, to: string, asking: string | undefined): LeavingPage {
  const toRead = finished(round) && partial(round);
  const seconds = toRead ? ('request' in round.end ? READ_SECONDS : undefined) : GLANCE_SECONDS;
  return {
    to,
    finished: finished(round),
    applications: [
      ...round.untold.map((name) => ({ name, state: 'mute' as const })),
      ...round.stops.flatMap(({ name, state }) => (state === 'asking' || state === 'asked' ? [] : [{ name, state }])),
    ],
    ...(asking === undefined ? {} : { asking }),
    // Whoever went back after the end wants to read, not to be sent on again.
    ...(seconds === undefined || round.over ? {} : { seconds }),
  };
}
