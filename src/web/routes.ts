/** Every route of ours says who may call it; "anyone" is a word one must type (house.md, taste 6). */
import type { IRouter, RequestHandler } from 'express';

/** Lets a request on by calling `next`, or answers it, or throws. */
export type Guard = RequestHandler;

export const anyone: Guard = (_req, _res, next) => next();

export interface Routes {
  get(path: string, who: Guard, ...handlers: [RequestHandler, ...RequestHandler[]]): Routes;
  post(path: string, who: Guard, ...handlers: [RequestHandler, ...RequestHandler[]]): Routes;
}

export function routes(app: IRouter): Routes {
  const all: Routes = {
    get(path, who, ...handlers) {
      app.get(path, who, ...handlers);
      return all;
    },
    post(path, who, ...handlers) {
      app.post(path, who, ...handlers);
      return all;
    },
  };
  return all;
}
