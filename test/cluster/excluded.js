const ownModule = 'has a feature of its own, which the processes do not know';
const ownObjects = 'replaces or measures objects of the application in its own process';
/** The service closes the connection with unread data, which resets it. */
const earlyResponse = 'gets a response before its request is read, which the balancer may lose with the connection';
const eachProcess = 'measures what each process counts or keeps for itself';

/** The e2e files that do not run against a cluster, with the reason. */
export const excludedFiles = {
  'test/admin/console.e2e-spec.ts': 'shows screens in a browser for minutes, and each file has five processes',
  'test/auth/passwords/password-hashes.e2e-spec.ts': 'starts seven applications, and each has five processes',
  'test/contracts/operations.e2e-spec.ts': ownObjects,
  'test/graphql/graphql-rules.e2e-spec.ts': ownObjects,
  'test/jobs/cancel.e2e-spec.ts': ownObjects,
  'test/jobs/job-progress.e2e-spec.ts': ownObjects,
  'test/jobs/queue-dashboard.e2e-spec.ts': ownObjects,
  'test/mail/mail-delivery.e2e-spec.ts': ownObjects,
  'test/platform/database/connections.e2e-spec.ts': ownObjects,
  'test/platform/database/lock-waits.e2e-spec.ts': ownObjects,
  'test/platform/database/transaction-client.e2e-spec.ts': ownModule,
  'test/platform/http/deprecation.e2e-spec.ts': ownModule,
  'test/platform/http/nestjs-conventions.e2e-spec.ts': ownModule,
  'test/platform/http/pagination.e2e-spec.ts': ownModule,
  'test/platform/idempotency/two-phase.e2e-spec.ts': ownObjects,
  'test/platform/queue/postgres-dispatch.e2e-spec.ts': ownObjects,
  'test/platform/telemetry/metrics.e2e-spec.ts': ownObjects,
  'test/process/behind-a-proxy.e2e-spec.ts': ownModule,
};

/** The tests that do not, by the beginnings of their full names, with the reason. */
export const excludedTests = {
  'A user who reads many jobs may have 100 open streams, and opens another when one has ended': eachProcess,
  'A stream of job events causes no queries without a reader': eachProcess,
  'The subscription jobEvents causes no queries after its client has unsubscribed': eachProcess,
  'The subscription jobEvents waits for a slow client without buffering for it': eachProcess,
  'An API key is not read again while it is cached': eachProcess,
  'A connection for subscriptions is one of 100 of its user, with 100 streams together': eachProcess,
  'A connection for subscriptions is closed when the client violates the protocol': earlyResponse,
  'A document beyond the limits is refused with a problem of the API: 1 MiB': earlyResponse,
  'A connection for subscriptions without credentials is closed at the shutdown': ownObjects,
  'A cached session is not read from the database again': eachProcess,
  'An overloaded process refuses handshakes': ownObjects,
  'More concurrent logins than the queue of hashes holds get 503 with Retry-After beyond the queue, and succeed within it':
    eachProcess,
  'POST /v1/queues/{name}/pause and /resume pauses jobs that wait already': eachProcess,
  'A keyed request with a serialization failure is executed again as a whole, without effects of the failed attempts':
    ownObjects,
  'Keyed requests that fill the pool are recognized as in progress without a connection': ownObjects,
  'Keyed requests that fill the pool all finish: none needs a second connection': ownObjects,
  'A page of an emailed link returns 503 with Retry-After and the form while password hashing is overloaded':
    ownObjects,
  'many requests at once on a connection add no listener each': ownObjects,
  'a body that is not read leaves no timer when its connection has ended': ownObjects,
  'Every operation that writes rejects a body that is too large': earlyResponse,
  'every error source returns problem details for a body of 2 MiB': earlyResponse,
  'every error source returns problem details for a body one byte too long': earlyResponse,
  'every error source sets the security headers for a body of 2 MiB': earlyResponse,
  'every error source sets the security headers for a body one byte too long': earlyResponse,
  'A body with invalid fields and a weak password costs neither a hash nor a query nor a request to the breached-password service':
    ownObjects,
};
