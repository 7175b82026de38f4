import { Inject, Injectable, Logger } from '@nestjs/common';
import { createHmac } from 'node:crypto';
import type { ServiceConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import { derivedKey } from '../../platform/crypto/derived-key.ts';
import { FeatureRegistry } from '../../platform/feature/feature-registry.ts';
import { runAfterTransaction } from '../../platform/database/after-commit.ts';
import { currentRequest, traceIdOf } from '../../platform/logging/request-context.ts';
import type { KeysetRequest, Slice } from '../../platform/database/keyset.ts';
import type { Total } from '../../platform/database/totals.ts';
import { Metrics } from '../../platform/telemetry/metrics.ts';
import { normalizedEmail } from '../../platform/validation/normalized-email.ts';
import type {
  AuditDetails,
  AuditEventName,
  AuditFilter,
  AuditOrigin,
  AuditRow,
  ListedAuditEvent,
} from './audit-event.ts';
import { AuditRepository } from './audit.repository.ts';

export type { AuditDetails, AuditEventName, AuditFilter, ListedAuditEvent };
export { eventsWithReason, outcomes } from './audit-event.ts';

/** Writes and reads the audit log: actor, action, subject, origin and request (ASVS 16.3). */
@Injectable()
export class AuditService {
  private readonly log = new Logger(AuditService.name);
  private readonly key: Buffer;
  private readonly countEvent: (labels: { event: string; outcome: string }) => void;

  constructor(
    private readonly events: AuditRepository,
    private readonly features: FeatureRegistry,
    @Inject(configToken('service')) config: ServiceConfig,
    metrics: Metrics,
  ) {
    this.key = derivedKey(config.secret, 'audit identifiers');
    this.countEvent = metrics.counter({
      name: 'audit_events_total',
      help: 'Audit events by name and outcome; those named authn_* with the outcome failure are failed authentications.',
      labelNames: ['event', 'outcome'],
    });
  }

  /** Records a successful action, in the transaction of the action. */
  async record(event: AuditEventName, details: AuditDetails = {}): Promise<void> {
    await this.write(event, 'success', details);
  }

  /**
   * Records the same event for many rows, by the statement that changes them: `write` receives the fields that the
   * events share, and returns how many events it wrote. One log entry covers all of them.
   */
  async recordEach<Result extends { readonly events: number }>(
    event: AuditEventName,
    details: AuditDetails,
    write: (row: AuditRow & AuditOrigin) => Promise<Result>,
  ): Promise<Result> {
    this.assertDeclared(event);
    const row = rowOf(event, 'success', details);
    const result = await write({ ...row, ...origin() });
    this.countEvent({ event, outcome: 'success' });
    if (result.events > 0) this.log.log({ audit: row, events: result.events }, event);
    return result;
  }

  /** Records a rejected action. Must be called outside the transaction that the rejection rolls back. */
  async recordFailure(event: AuditEventName, details: AuditDetails = {}): Promise<void> {
    await this.write(event, 'failure', details);
  }

  /** The same from inside the transaction that the rejection rolls back: recorded after it has ended. */
  async recordFailureAfterTransaction(event: AuditEventName, details: AuditDetails = {}): Promise<void> {
    await runAfterTransaction(async () => {
      await this.recordFailure(event, details);
    });
  }

  /** Returns a page of the audit log. */
  async list(filter: AuditFilter, request: KeysetRequest): Promise<Slice<ListedAuditEvent>> {
    return await this.events.list(filter, request);
  }

  async count(filter: AuditFilter): Promise<Total> {
    return await this.events.count(filter);
  }

  /** Pseudonym of an email address without an account: the same for every spelling, and not reversible. */
  pseudonymize(email: string): string {
    return createHmac('sha256', this.key).update(normalizedEmail(email)).digest('base64url').slice(0, 22);
  }

  private async write(event: AuditEventName, outcome: 'success' | 'failure', details: AuditDetails): Promise<void> {
    this.assertDeclared(event);
    const row = rowOf(event, outcome, details);
    await this.events.insert([{ ...row, ...origin() }]);
    this.countEvent({ event, outcome });
    this.log.log({ audit: row }, event);
  }

  private assertDeclared(event: AuditEventName): void {
    if (!this.features.auditEvents.has(event)) throw new Error(`No feature declares the audit event ${event}`);
  }
}

function rowOf(event: AuditEventName, outcome: 'success' | 'failure', details: AuditDetails): AuditRow {
  const request = currentRequest();
  return {
    event,
    outcome,
    actorId: details.actorId ?? request?.principalId ?? null,
    subjectId: details.subjectId ?? null,
    sessionId: details.sessionId ?? request?.sessionId ?? null,
    reason: details.reason ?? null,
  };
}

/** The origin of the current request; omitted from the log entry, which contains it already. */
function origin(): AuditOrigin {
  const request = currentRequest();
  return {
    ip: request?.ip ?? null,
    userAgent: request?.userAgent ?? null,
    requestId: request?.requestId ?? null,
    traceId: (request && traceIdOf(request)) ?? null,
  };
}
