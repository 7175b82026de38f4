import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** A route as the router has it. */
export interface Route {
  readonly method: string;
  /** With parameters as `:name` and a wildcard as `*`. */
  readonly path: string;
}

/** Every route of the running service, read from its router. */
export function routesOf(app: NestFastifyApplication): Route[] {
  // Each line continues the path of its parent line, which is indented by four columns less.
  const above: string[] = [];
  const tree: string = app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  return tree.split('\n').flatMap((line) => {
    const found = /^([│ ]*)[├└]── (\S+) \(([A-Z, ]+)\)$/.exec(line);
    if (found === null) return [];
    const [, indent = '', rest = '', methods = ''] = found;
    const depth = indent.length / 4;
    const path = (above[depth - 1] ?? '') + rest;
    above[depth] = path;
    // The route of GET serves HEAD too.
    const own = methods.split(', ').filter((method) => method !== 'HEAD');
    // Names of one parameter that differ between routes are printed as `:id|:listId`.
    return own.map((method) => ({ method, path: path.replaceAll(/(:\w+)(?:\|:\w+)+/g, '$1') }));
  });
}
