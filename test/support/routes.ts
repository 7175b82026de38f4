import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** A route as the router has it. */
export interface Route {
  readonly method: string;
  /** With parameters as `:name` and a wildcard as `*`. */
  readonly path: string;
}

/** Every route that the running service answers, whoever has added it, read from the router itself. */
export function routesOf(app: NestFastifyApplication): Route[] {
  // Each line is the rest of a path behind that of the line it hangs on, four columns further left.
  const above: string[] = [];
  const tree: string = app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  return tree.split('\n').flatMap((line) => {
    const found = /^([│ ]*)[├└]── (\S+) \(([A-Z, ]+)\)$/.exec(line);
    if (found === null) return [];
    const [, indent = '', rest = '', methods = ''] = found;
    const depth = indent.length / 4;
    const path = (above[depth - 1] ?? '') + rest;
    above[depth] = path;
    // A HEAD is answered by the route of its GET.
    const own = methods.split(', ').filter((method) => method !== 'HEAD');
    return own.map((method) => ({ method, path }));
  });
}
