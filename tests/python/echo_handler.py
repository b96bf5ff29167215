"""A Lambda in Python that answers with the subject and the message of what SNS delivers. It runs under awslambdaric."""


def handler(event, context):
    record = event["Records"][0]["Sns"]
    return {"subject": record["Subject"], "message": record["Message"], "function": context.invoked_function_arn}
