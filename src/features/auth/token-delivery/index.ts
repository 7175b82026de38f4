export { CsrfRejected, JsonRequired } from './token-delivery.errors.ts';
export type { DeliveredTokens } from './refresh-token.cookie.ts';
export { missingRefreshToken, RefreshCookie } from './refresh-token.cookie.ts';
export type { TokenExchange } from './token-exchange.decorator.ts';
export { ReadsCsrfToken, WithTokenDelivery } from './token-exchange.decorator.ts';
export { TokenDeliveryModule } from './token-delivery.module.ts';
