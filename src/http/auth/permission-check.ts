import { Injectable } from '@nestjs/common';
import { Forbidden } from './auth.errors.ts';
import { Denials } from './denials.ts';

/** Refuses callers who lack a permission, and has the refusal written down. */
@Injectable()
export class PermissionCheck {
  constructor(private readonly denials: Denials) {}

  /** @throws Forbidden after the refusal was recorded */
  async demand(needed: readonly string[], held: readonly string[]): Promise<void> {
    const missing = needed.filter((permission) => !held.includes(permission));
    if (missing.length === 0) return;
    await this.denials.forbidden(`missing permission ${missing.join(', ')}`);
    throw new Forbidden({ detail: `This operation needs ${missing.join(', ')}.` });
  }

  /**
   * Refuses who may no longer do all that they might when they were answered: the answer may be worth that.
   * @throws Forbidden after the refusal was recorded
   */
  async demandStill(then: readonly string[], held: readonly string[]): Promise<void> {
    const lost = then.filter((permission) => !held.includes(permission));
    if (lost.length === 0) return;
    await this.denials.forbidden(`lost permission ${lost.join(', ')}`);
    throw new Forbidden({ detail: `You held ${lost.join(', ')} when this was first answered.` });
  }
}
