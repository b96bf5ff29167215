"""Packages a template as `sam deploy` does, and prints the template that comes out, and the keys of what was uploaded.

usage: sam_package.py TEMPLATE
"""

import json
import subprocess
import sys
from pathlib import Path

import boto3
from cfnlint.decode.cfn_yaml import load

BUCKET = "artifacts"
s3 = boto3.client("s3")
if BUCKET not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
before = {each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}
packaged = Path(sys.argv[1]).with_name("packaged.yaml")
sam = [sys.executable, "-m", "samcli", "package", "--template-file", sys.argv[1], "--s3-bucket", BUCKET]
subprocess.run([*sam, "--output-template-file", packaged], check=True, stdout=sys.stderr)
after = {each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}
json.dump({"template": load(str(packaged)), "uploaded": sorted(after - before)}, sys.stdout)
