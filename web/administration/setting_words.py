"""What every setting means, in groups, as the page of settings in force shows them."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

SECRET = frozenset({"secret_key", "ledger_key", "mail_password", "metrics_token", "database_url"})
"""Never shown: only whether there is one."""

MEANINGS: tuple[tuple[LazyString, dict[str, LazyString]], ...] = (
    (
        _l("服务"),
        {
            "environment": _l("环境：demo 演示，test 测试，production 正式"),
            "host": _l("监听地址"),
            "port": _l("监听端口"),
            "processes": _l("打开数据库的进程总数，含页面和任务"),
            "trusted_proxies": _l("前面有几层反向代理，按最外层所报的地址和协议认访问者"),
            "allowed_hosts": _l("允许访问的域名"),
            "data_dir": _l("数据文件夹：数据库、密钥、锚点和邮件文件"),
            "backup_dir": _l("备份文件夹，系统状态页从这里读最近一次备份"),
            "webhooks_inside": _l("通知可以发往内网地址，不加密"),
            "api_requests_per_minute": _l("其他系统的一个密钥每分钟可请求多少次"),
            "max_upload_mb": _l("一次提交的大小上限（MB）"),
        },
    ),
    (
        _l("数据库"),
        {
            "database_url": _l("数据库地址，含密码，不显示；未设时用数据文件夹里的 SQLite"),
            "database_pool": _l("PostgreSQL：每个进程保留的连接数"),
            "database_statement_seconds": _l("PostgreSQL：一条语句最长秒数"),
            "database_idle_seconds": _l("PostgreSQL：事务空闲最长秒数"),
            "write_lock": _l("SQLite：多个进程用文件锁轮流写入"),
        },
    ),
    (
        _l("登录与安全"),
        {
            "secret_key": _l("签名和加密用的主密钥"),
            "secure_cookies": _l("Cookie 只经 HTTPS 发送"),
            "hsts_days": _l("要求浏览器只用 HTTPS 的天数，0 为不要求"),
            "session_hours": _l("一次登录最长小时数"),
            "idle_minutes": _l("多少分钟没有操作即退出"),
            "fresh_minutes": _l("验证密码或验证码后多少分钟内，重要操作不再问"),
            "second_factor_required": _l("办公室、银行、审计和管理员必须设两步验证；未设时正式环境必须"),
            "password_max_age_days": _l("密码最长使用天数，0 为不限"),
        },
    ),
    (
        _l("审定与时限"),
        {
            "hold_minutes": _l("同意推荐后多少分钟内可以撤回，之后才发出"),
            "second_official_above_wan": _l("融资金额超过多少须第二人同意（单位：万元）"),
            "blind_percent": _l("不显示推荐分、请专员独立判断的对接比例（%）"),
            "releases_per_day": _l("一名专员一天可同意多少个，超过的须第二人同意"),
            "contact_days": _l("引荐后首次联系的工作日数"),
            "visit_days": _l("首次联系后走访或送样的工作日数"),
            "decision_days": _l("走访或送样后作出决定的工作日数"),
            "silence_days": _l("引荐后一直没有进展，多少个工作日后过期"),
            "chain_office_after_days": _l("逾期多少个工作日后告知链办"),
            "joint_office_after_days": _l("逾期多少个工作日后告知联席办"),
        },
    ),
    (
        _l("邮件"),
        {
            "mail_backend": _l("邮件去向：file 写入文件，smtp 发送"),
            "mail_server": _l("邮件服务器"),
            "mail_port": _l("邮件服务器端口"),
            "mail_username": _l("邮件账号"),
            "mail_password": _l("邮件密码"),
            "mail_use_tls": _l("邮件经 TLS 发送"),
            "mail_sender": _l("发件人"),
            "digest_hour": _l("每日汇总邮件的钟点（北京时间）"),
        },
    ),
    (
        _l("交来的文件"),
        {
            "quota_mb": _l("一家单位的文件总量上限（MB）"),
            "quota_files": _l("一家单位的文件数上限"),
            "removed_documents_days": _l("不再被引用的文件，内容保留多少天"),
            "antivirus_command": _l("查毒命令；未设时不查"),
            "antivirus_seconds": _l("查毒最长秒数，超过的文件不收"),
        },
    ),
    (
        _l("任务、留痕和日志"),
        {
            "embedded_worker": _l("app.py 是否同时做后台任务"),
            "worker_threads": _l("一个工作进程同时做几项任务"),
            "cluster": _l("夜间计算在何处打分；未设时在工作进程内"),
            "job_silence_seconds": _l("工作进程多少秒没有消息即视为中断"),
            "ledger_hash": _l("操作留痕的散列算法"),
            "ledger_key": _l("留痕锚点的密钥；未设时由主密钥派生"),
            "log_format": _l("日志格式；未设时正式环境为 JSON"),
            "metrics_token": _l("读取运行指标的令牌；未设时没有该页面"),
        },
    ),
)
