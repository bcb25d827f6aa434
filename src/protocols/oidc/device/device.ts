/**
 * The device flow (RFC 8628): a device without a browser shows a code, and a person approves it elsewhere. The library
 * speaks with the device; the pages and what they decide are ours, because a code can be sent to somebody by message
 * (docs/decisions/0022). Owns device codes and these pages; asks the engine who the person is.
 */
import type { Router } from 'express';
import type { KoaContextWithOIDC, UnknownObject } from 'oidc-provider';
import type { Recorder } from '../../../audit/event.ts';
import type { Asker } from '../../../authentication/authentication.ts';
import { Refusal } from '../../../domain/refusal.ts';
import { MalformedClaims, requestedSubject } from '../ask.ts';
import { errors } from '../library.ts';
import { oauthError } from '../refusals.ts';
import type { Reused } from '../tokens.ts';
import { currentVisit } from '../visit.ts';
import { deviceAsk } from './ask.ts';
import { DeviceCodes, type DeviceInfo, type DeviceRequest, pollSeconds } from './codes.ts';
import { Deciding, type DecidingParts, type Decision } from './deciding.ts';
import { type DeviceRoutes, deviceRoutes } from './routes.ts';
import { askerName } from './standing.ts';
import { tryWindow } from './tries.ts';
import { userCodes } from './user-code.ts';

export interface DeviceParts extends Omit<DecidingParts, 'codes' | 'onDecided'>, Omit<DeviceRoutes, 'deciding'> {
  readonly reused: Reused;
  readonly recorder: Recorder;
}

export interface Device {
  readonly asker: Asker;
  readonly shelf: DeviceCodes['shelf'];
  /** The library's feature. */
  readonly feature: typeof userCodes & { enabled: true; deviceInfo(ctx: KoaContextWithOIDC): UnknownObject };
  mount(app: Router): void;
}

export function deviceFlow(parts: DeviceParts): Device {
  const { recorder, clients, now } = parts;
  const codes = new DeviceCodes({
    ...parts,
    onStarted: ({ clientId, deviceInfo: { address, agent } }: DeviceRequest) =>
      recorder.record({
        type: 'device.started',
        at: now(),
        application: clients.application(clientId)?.id ?? clientId,
        address,
        detail: { agent },
      }),
  });
  const onDecided = ({ type, application, device, outcome, refusal }: Decision) =>
    recorder.record({
      type,
      at: now(),
      application: application.id,
      address: currentVisit().browser.address,
      ...(outcome ? { user: outcome.user.id } : {}),
      ...(outcome?.sid ? { sid: outcome.sid } : {}),
      detail: {
        device: { address: device.address, agent: device.agent, at: device.at },
        ...(refusal ? { refusal } : {}),
      },
    });
  const deciding = new Deciding({ ...parts, codes, onDecided });
  return {
    asker: { name: askerName, resume: ({ id }) => `/device/${id}`, leadsTo: () => [] },
    shelf: codes.shelf,
    feature: { enabled: true, ...userCodes, deviceInfo: (ctx) => acquaint(ctx, parts) },
    mount: (app) => deviceRoutes(app, { ...parts, deciding }),
  };
}

/** Called by the library for every request it has found in order: what cannot be asked this way is refused here. */
function acquaint(
  ctx: KoaContextWithOIDC,
  { clients, assurance, resources, now }: DeviceParts,
): DeviceInfo & UnknownObject {
  const { browser } = currentVisit();
  const client = ctx.oidc.client!;
  const application = clients.application(client.clientId)!;
  const pairwise = client.subjectType === 'pairwise';
  const asked = now();
  const params = { ...ctx.oidc.params };
  try {
    deviceAsk({
      ...{ application, params, asked, now: asked, pairwise, assurance },
      resources: resources.requested(ctx),
    });
    requestedSubject(params);
  } catch (error) {
    if (error instanceof MalformedClaims) throw new errors.InvalidRequest(error.message);
    if (!(error instanceof Refusal)) throw error;
    const { error: code, error_description: description } = oauthError(error.code);
    throw new errors.CustomOIDCProviderError(code, description);
  }
  const { address, agent } = browser;
  const targets = Object.keys(ctx.oidc.resourceServers ?? {});
  return {
    address,
    agent,
    at: asked,
    resources: targets,
    ...(pairwise ? { sector: client.sectorIdentifier as string } : {}),
  };
}

/** The library leaves the interval to the default (RFC 8628 section 3.2); said, it is not guessed. So is when to ask again. */
export async function sayInterval(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  const body = ctx.body as { device_code?: string; interval?: number } | undefined;
  if (body?.device_code) body.interval = pollSeconds;
  if (ctx.status === 429) ctx.set('retry-after', String(tryWindow));
}
