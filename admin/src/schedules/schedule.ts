import type { components } from '../api/index.ts';

export type Schedule = components['schemas']['ScheduleDto'];

/** What users read first: the name of a built-in schedule, else the type of its jobs. */
export function nameOf({ name, type }: Pick<Schedule, 'name' | 'type'>): string {
  return name ?? type;
}

export const stateTones = { active: 'success', paused: 'warning' } as const;

export function stateOf({ paused }: Pick<Schedule, 'paused'>): keyof typeof stateTones {
  return paused ? 'paused' : 'active';
}
