import FindMyWay from 'find-my-way';
import type { HTTPMethod } from 'find-my-way';

/** The methods of each path. Read when no route matched, to distinguish 405 (method) from 404 (path). */
export class AllowedMethods {
  private readonly router = FindMyWay();
  private readonly methods = new Set<HTTPMethod>();

  add(method: string, path: string): void {
    if (path === '*') return;
    const known = method as HTTPMethod;
    this.methods.add(known);
    if (this.router.findRoute(known, path) === null) this.router.on(known, path, () => undefined);
  }

  /** The methods of this request target, sorted; empty when the path is unknown. */
  at(target: string): readonly string[] {
    const path = target.split('?', 1)[0] ?? '';
    return [...this.methods].filter((method) => this.isAllowed(method, path)).sort();
  }

  private isAllowed(method: HTTPMethod, path: string): boolean {
    try {
      return this.router.find(method, path) !== null;
    } catch {
      return false;
    }
  }
}
