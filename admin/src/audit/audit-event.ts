import type { components } from '../api/index.ts';
import { valueLabel } from '../layout/labels.ts';

export type AuditEvent = components['schemas']['AuditEventDto'];

export const outcomeTones = { success: 'success', failure: 'error' } as const;

export const outcomeChoices = Object.keys(outcomeTones).map((id) => ({ id, name: valueLabel(id) }));
