import json, os, socket, uuid, pika

GRID, TYPE = "taskgrid", "upper"

def broker():
    """The broker's URL: TASKGRID_BROKER, or that of the grid of this machine, which `taskgrid up` started."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    folder = os.environ.get("TASKGRID_DATA") or os.path.join(state, "taskgrid")
    return os.environ.get("TASKGRID_BROKER") or json.load(open(f"{folder}/grid.json"))["amqp"]

parameters = pika.URLParameters(broker())
USER = parameters.credentials.username      # every message says whose it is, and every id begins with it
CLIENT = f"{USER}.{socket.gethostname()}-{uuid.uuid4().hex[:12]}"

channel = pika.BlockingConnection(parameters).channel()      # the services have declared the exchanges
channel.confirm_delivery()
channel.queue_declare(f"{GRID}.reply.{CLIENT}", exclusive=True)
channel.queue_bind(f"{GRID}.reply.{CLIENT}", f"{GRID}.reply", CLIENT)

submission = pika.BasicProperties(
    type=TYPE, user_id=USER, message_id=str(uuid.uuid4()), reply_to=CLIENT, correlation_id="1", delivery_mode=2)

def submit():
    channel.basic_publish(f"{GRID}.submit", TYPE, b"hello", submission, mandatory=True)

submit()
accepted = False
for method, properties, body in channel.consume(f"{GRID}.reply.{CLIENT}", auto_ack=True, inactivity_timeout=10):
    if method is None:                      # no word for ten seconds
        if not accepted:
            submit()                        # the same key: it cannot be accepted twice
        continue
    status = properties.headers["taskgrid-status"]
    if status == "accepted":
        accepted = True
        continue
    print(status, properties.headers.get("taskgrid-error", ""), body.decode())
    break
