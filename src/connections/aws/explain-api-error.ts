import { ApiError } from '../../core/errors.ts';

/** What an error of the SDK says of itself. */
export interface ServiceFault {
  readonly code: string;
  readonly message: string;
  /** The HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
  /** How often the call went out. */
  readonly attempts: number;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** Takes an error of the SDK apart. Some have the code as their name, some as `Code`. */
export function faultOf(error: unknown): ServiceFault {
  const metadata = member(error, '$metadata');
  const [status, attempts] = [member(metadata, 'httpStatusCode'), member(metadata, 'attempts')];
  const own = member(error, 'Code') ?? member(error, 'code');
  const code = typeof own === 'string' ? own : error instanceof Error ? error.name : 'Error';
  return {
    code,
    message: error instanceof Error ? error.message : String(error),
    status: typeof status === 'number' ? status : undefined,
    attempts: typeof attempts === 'number' ? attempts : 1,
  };
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /^(CredentialsProviderError|TokenProviderError)$/,
    'log in (aws sso login), set AWS_PROFILE or name one with --profile; konvoy takes credentials from where AWS’s own tools do',
  ],
  [
    /^(ExpiredToken|ExpiredTokenException|RequestExpired)$/,
    'the session has expired: log in again, then run the same again',
  ],
  [
    /^(AuthFailure|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidAccessKeyId)$/,
    'the credentials are not accepted: look at the profile (--profile, AWS_PROFILE) and at the clock of this machine',
  ],
  [
    /^(AccessDenied|AccessDeniedException|UnauthorizedOperation)$/,
    'the account may not do this: docs/aws.md lists the permissions that konvoy needs',
  ],
  [/^OptInRequired$/, 'the region is not enabled for this account: look at --region and spec.aws.region'],
  [
    /^(Throttling|ThrottlingException|RequestLimitExceeded|TooManyRequests.*)$/,
    'AWS asks for slower calls: run the same again later',
  ],
  [
    /(LimitExceeded|^TooMany.*|QuotaExceeded)$/,
    'a quota of the account is used up: ask AWS for more (Service Quotas), then run the same again: it goes on from here',
  ],
  [/^Duplicate|\.Duplicate$/, 'another run has made it since this was planned: run the same again'],
  [
    /^(DependencyViolation|ResourceInUse)(Exception)?$/,
    'something still uses it: take that away first, then run the same again',
  ],
  [/NotFound(Exception)?$/, 'look at the region (--region, spec.aws.region) and at the ids in cluster.yaml'],
  [
    /^OperationNotPermitted(Exception)?$/,
    'deletion protection is on: set spec.aws.elb.deletionProtection to false and provision first',
  ],
  [
    /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|TimeoutError|ECONNRESET|ETIMEDOUT)$/,
    'AWS cannot be reached from here: look at the network, the region and --endpoint-url',
  ],
];

/** Looks like a key or a signature: none of it is ever shown. */
const CREDENTIAL = /\b(AKIA|ASIA)[A-Z0-9]{12,}\b|(Credential|Signature|SecurityToken|aws_secret_access_key)=[^\s,&]+/g;

/** What went wrong, for a person: the action, what it was about, and what to do. */
export function explainApiError(error: unknown, about: { action: string; resource: string }): ApiError {
  const { code, message, attempts } = faultOf(error);
  const hint = HINTS.find(([pattern]) => pattern.test(code))?.[1];
  const tries = attempts > 1 ? ` (after ${attempts} attempts)` : '';
  const text = message === '' || message === code ? code : `${code}: ${message}`;
  return new ApiError({ ...about, code }, `${text.replace(CREDENTIAL, '[credential]')}${tries}`, { hint });
}
