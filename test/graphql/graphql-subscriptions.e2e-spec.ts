// The application with GraphQL and jobs (subscriptionsApp).
import './subscription-connections.cases.ts';
import './subscription-ends.cases.ts';
import './subscription-events.cases.ts';
