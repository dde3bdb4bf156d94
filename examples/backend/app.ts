/** A booking backend over any number of clinics. */
import { ClinicSyncError, type ClinicSync } from 'clinic-sync';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import { routePath } from 'hono/route';

import { clinicRoutes, type ClinicEnv } from './clinic-routes.js';
import { refuse, refuseHere } from './problems.js';

/** One line of the log. The route and not the path: keys, cursors and bodies stay out of it. */
export interface Access {
  readonly method: string;
  readonly route: string;
  readonly clinicId: string | undefined;
  readonly status: number;
  readonly ms: number;
}

export interface BackendOptions {
  readonly clinics: ReadonlyMap<string, ClinicSync>;
  readonly log?: (access: Access) => void;
}

const MAX_BODY_BYTES = 16 * 1024;

export function backend({ clinics, log = () => undefined }: BackendOptions): Hono<ClinicEnv> {
  const app = new Hono<ClinicEnv>();
  app.use(async (c, next) => {
    const began = performance.now();
    await next();
    const clinicId = clinics.has(c.req.param('clinicId') ?? '') ? c.req.param('clinicId') : undefined;
    const ms = performance.now() - began;
    log({ method: c.req.method, route: routePath(c, -1), clinicId, status: c.res.status, ms });
  });
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (c) => refuseHere(c, 413, 'TooLarge', `A body has at most ${MAX_BODY_BYTES} bytes.`),
    }),
  );
  app.use('/clinics/:clinicId/*', findClinic(clinics));
  app.route('/clinics/:clinicId', clinicRoutes);
  app.notFound((c) => refuseHere(c, 404, 'NotFound', 'There is no such route.'));
  app.onError((error, c) =>
    error instanceof ClinicSyncError
      ? refuse(c, error)
      : // What was thrown may hold anything: it is neither shown nor logged.
        refuseHere(c, 500, 'Internal', 'Something went wrong here.'),
  );
  return app;
}

function findClinic(clinics: BackendOptions['clinics']) {
  return createMiddleware<ClinicEnv>(async (c, next) => {
    const sync = clinics.get(c.req.param('clinicId') ?? '');
    if (!sync) return refuseHere(c, 404, 'UnknownClinic', 'No clinic has this id.');
    c.set('sync', sync);
    await next();
    return undefined;
  });
}
