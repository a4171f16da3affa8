def lambda_handler(event, context):
    print(len(event["Records"]))
